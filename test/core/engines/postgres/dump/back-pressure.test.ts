import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { connectionOf } from '../../../../../core/engines/postgres/connect/connection.ts';
import { runScript } from '../../../../../core/engines/postgres/restore/run-script.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const mebibyte = 1024 * 1024;

it(
  'a vault that is slow makes pg_dump wait, and memory stays small',
  async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, 'CREATE TABLE wide (text text); INSERT INTO wide SELECT repeat(md5(n::text), 32768) FROM generate_series(1, 160) n', { database });
    const child = join(import.meta.dirname, '../../../../support/slow-vault.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [child, urlOf(server, database), temporaryFolder()]);
    const { before, after, size } = JSON.parse(stdout) as { before: number; after: number; size: number };
    expect(size).toBeGreaterThan(160 * mebibyte);
    expect(after - before).toBeLessThan(100);
  },
  coldStart,
);

it('a server that takes its time over a restore makes its source wait', async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const { tools, signal } = testWork();
  let given = 0;
  async function* script() {
    yield Buffer.from('CREATE TABLE t (text text); SELECT pg_sleep(2);\nCOPY t (text) FROM stdin;\n');
    const row = Buffer.from(`${'x'.repeat(mebibyte - 1)}\n`);
    for (; given < 40; given++) yield row;
    yield Buffer.from('\\.\n');
  }
  const running = runScript(await tools.client('psql', signal), connectionOf(urlOf(server, database)), script(), { whole: true, signal });
  await setTimeout(1200);
  expect(given).toBeLessThanOrEqual(2);
  expect(await running).toMatchObject({ status: 0, complaint: '' });
  expect(await query(server, 'SELECT count(*), sum(length(text)) FROM t', { database })).toBe(`40|${40 * (mebibyte - 1)}`);
});
