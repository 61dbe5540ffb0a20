import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cacheFolder } from '../../layers/layers.ts';
import { configure, start } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { coldStart } from '../support/programs.ts';

const mebibyte = 1024 * 1024;
/** Of our own process, in MiB, as for SQLite (it is started without the flags of `npm start`). A row that was held as a whole would be 64 to 128 MiB beside what a small database needs. */
const most = 250;

/** The most memory that a process has held so far, in MiB; none when it has ended. */
function peakOf(pid: number): number {
  const file = `/proc/${pid}/status`;
  return existsSync(file) ? Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) / 1024 : 0;
}

const text = `REPEAT("it's ),( \\\\", ${Math.floor((64 * mebibyte) / 11)}), NULL`;
const bytes = `NULL, REPEAT(X'00FF2700', ${(64 * mebibyte) / 4})`;

it.each([
  ['mysql-9.7', 'text that must be escaped', text],
  ['mariadb-11.8', 'bytes', bytes],
] as const)(`a row of 64 MiB of %s, of %s, is dumped, proven and restored in ${most} MiB of memory`, { timeout: coldStart }, async (name, _, row) => {
  const server = await mysqlServer(name);
  const [database, copy] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
  await mysqlQuery(server, `CREATE TABLE t (id INT PRIMARY KEY, text LONGTEXT, bytes LONGBLOB); INSERT INTO t VALUES (1, ${row})`, {
    database,
    options: ['--max-allowed-packet=1G'],
  });
  const sums = 'SELECT id, LENGTH(text), SHA2(text, 256), LENGTH(bytes), SHA2(bytes, 256) FROM t ORDER BY id';
  const folder = temporaryFolder();
  configure(folder, { databases: { app: { engine: 'mysql', connection: { url: { env: 'DATABASE_URL' } } } } });
  const env = { DATABASE_URL: mysqlUrl(server, database), TARGET: mysqlUrl(server, copy), SAUVEGARDE_CACHE: cacheFolder() };
  let peak = 0;
  for (const words of [
    ['backup', 'app'],
    ['restore', 'app', '--into', 'env:TARGET'],
  ]) {
    const running = start(folder, words, { env });
    const looking = setInterval(() => {
      peak = Math.max(peak, peakOf(running.pid));
    }, 50);
    const { status, stdout, stderr } = await running.ended.finally(() => clearInterval(looking));
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/\b1 row\b/);
  }
  expect(peak).toBeGreaterThan(40);
  expect(peak).toBeLessThan(most);
  expect(await mysqlQuery(server, sums, { database: copy })).toBe(await mysqlQuery(server, sums, { database }));
});
