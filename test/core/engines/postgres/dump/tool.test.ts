import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { connectionOf } from '../../../../../core/engines/postgres/connect/connection.ts';
import { pgDump } from '../../../../../core/engines/postgres/dump/tool.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** The pg_dumps that this process has started. */
function ownDumps(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('pg_dump');
      } catch {
        return false; // it has ended
      }
    })
    .map(Number);
}

it(
  'a pg_dump that does nothing more is ended when its reader throws',
  async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, "CREATE TABLE t (a text); INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 5000)", { database });
    const reading = async () => {
      for await (const _ of pgDump(testWork(), connectionOf(urlOf(server, database)), [])) {
        for (const pid of ownDumps()) process.kill(pid, 'SIGSTOP'); // it cannot notice that nobody reads any more
        throw new Error('thrown by the reader');
      }
    };
    await expect(reading()).rejects.toThrow('thrown by the reader');
    await expect.poll(ownDumps).toEqual([]);
  },
  coldStart,
);
