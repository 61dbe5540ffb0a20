import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mysqlEngine } from '../../../../core/engines/mysql/engine.ts';
import { InterruptedError } from '../../../../core/errors.ts';
import { leftIn, piece, testWork } from '../../../support/engine-work.ts';
import { mysqlQuery, startMysqlServer } from '../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../support/mysql-work.ts';
import type { Dumped } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

const manyRows = `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, filling VARCHAR(2000)); INSERT INTO t (filling) VALUES (REPEAT('x', 2000)), (REPEAT('y', 2000));${'INSERT INTO t (filling) SELECT filling FROM t;'.repeat(10)}`;

/** Servers that this process has started; those that test files share are another's. */
function ownServers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return Number(parent) === process.pid && /--datadir=/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        return false; // it has ended
      }
    })
    .map(Number);
}

// both products: MariaDB 10.11 has the clients and the scratch server of 11.8
describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('%s', { timeout: coldStart }, (name) => {
  async function prepared() {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, manyRows, { database });
    return { server, database };
  }
  let made: Promise<Dumped> | undefined;
  /** A dump of the rows, made once. */
  const dumped = () => {
    made ??= prepared().then(({ server, database }) => mysqlDumpOf(mysqlUrl(server, database)));
    return made;
  };

  it('a dump, a proof and a restore that are stopped end at once with the reason, and leave nothing running', async () => {
    const { server, database } = await prepared();
    const whole = await dumped();
    const target = await newMysqlDatabase(server);
    const reason = new InterruptedError('stopped by a test');
    const stopped = (step: 'dump' | 'prove' | 'restore') => {
      const controller = new AbortController();
      const told: string[] = [];
      const warn = (message: string) => void told.push(message);
      return { told, work: testWork({ signal: controller.signal, warn, progress: (now) => now === step && controller.abort(reason) }) };
    };
    const [dumping, proving, restoring] = [stopped('dump'), stopped('prove'), stopped('restore')];

    await expect(mysqlDumpOf(mysqlUrl(server, database), dumping.work)).rejects.toBe(reason);
    await expect(mysqlProof(whole, proving.work)).rejects.toBe(reason);
    const into = { into: mysqlUrl(server, target), force: false, now: new Date() };
    await expect(mysqlEngine.restore(() => piece(whole.bytes), whole.scan, into, restoring.work)).rejects.toMatchObject({
      name: 'InterruptedError',
      message: expect.stringMatching(/^stopped by a test\. .* may hold a part of the backup now.*DROP DATABASE/),
      cause: reason,
    });

    for (const { work } of [dumping, proving, restoring]) expect(leftIn(work)).toEqual([]);
    expect(ownServers()).toEqual([]);
  });

  it('a scratch server that is killed says nothing about the dump', async () => {
    const whole = await dumped();
    const work = testWork({
      progress: () => {
        for (const pid of ownServers()) process.kill(pid, 'SIGKILL');
      },
    });

    await expect(mysqlProof(whole, work)).rejects.toMatchObject({ name: 'ToolFailedError', message: expect.stringMatching(/scratch server/) });
    expect(leftIn(work)).toEqual([]);
  });

  it('a target that takes no long statements is told how it would, and nothing is restored', async () => {
    await using small = await startMysqlServer(name, { settings: { 'max-allowed-packet': '64K' } });
    await mysqlQuery(small, 'CREATE DATABASE small');
    const whole = await dumped();

    const failing = mysqlEngine.restore(() => piece(whole.bytes), whole.scan, { into: mysqlUrl(small, 'small'), force: false, now: new Date() }, testWork());

    await expect(failing).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining('SET GLOBAL max_allowed_packet = 1073741824 there') });
    expect(await mysqlQuery(small, "SELECT count(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'small'")).toBe('0');
  });
});
