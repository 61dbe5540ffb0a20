import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runBackup, type Steps } from '../../local/workflow.ts';
import { stepsWithChangedDump } from '../support/changed-dump.ts';
import { mailsOf } from '../support/mail.ts';
import type { MysqlServerName } from '../support/mysql-programs.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { coldStart } from '../support/programs.ts';
import { flip } from '../support/stored-dump.ts';
import { stepsWith } from '../support/wrapped-steps.ts';

const dumpKey = 'main/2026/11/backup_20261122_020000Z.sql.zst';
const scanKey = 'main/2026/11/backup_20261122_020000Z.scan.json';

async function platformFor(name: MysqlServerName): Promise<TestPlatform> {
  const server = await mysqlServer(name);
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, "CREATE TABLE person (id INT PRIMARY KEY, name TEXT); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace')", { database });
  return testPlatform({ config: { databases: { main: { engine: 'mysql', connection: { url: mysqlUrl(server, database) } } }, language: 'en' } });
}

const before =
  (change: (path: string) => void) =>
  (platform: TestPlatform): Steps =>
    stepsWith(platform, 'prove', { before: () => change(join(platform.vault.root, dumpKey)) });

it.each<[string, MysqlServerName, (platform: TestPlatform) => Steps, string]>([
  ['a byte was flipped', 'mysql-9.7', before((path) => flip(path, readFileSync(path).length >> 1)), 'its bytes were changed'],
  ['the end was cut off', 'mariadb-11.8', before((path) => truncateSync(path, readFileSync(path).length - 1)), 'it was cut or changed'],
  [
    'a value was changed, every checksum right',
    'mariadb-11.8',
    (platform) => stepsWithChangedDump(platform, (text) => text.replace('Grace', 'Grbce')),
    'table person has other contents in its 2 rows',
  ],
])('a stored dump of which %s is refuted, is no backup, and the run fails', { timeout: coldStart }, async (_, name, stepsFor, words) => {
  const platform = await platformFor(name);
  expect(await runBackup(platform, request('2026-11-22T02:00:00Z'), never, stepsFor(platform))).toMatchObject({
    status: 'FAILED',
    error: 'BackupRefutedError',
  });
  expect((await platform.catalogue.backups.list()).items).toEqual([]);
  expect((await platform.vault.list('')).map(({ key }) => key)).toEqual([scanKey, dumpKey]);
  const [mail = '', ...others] = mailsOf(platform);
  expect(others).toEqual([]);
  expect(mail).toContain(words);
  expect(mail).not.toMatch(/Grace|Grbce/);
});
