import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { testWork } from '../support/engine-work.ts';
import { filesIn } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../support/mysql-work.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { children } from '../support/processes.ts';
import { coldStart } from '../support/programs.ts';
import { canMount, smallDisk } from '../support/small-disk.ts';
import { isRunning, startOf } from '../support/started-again.ts';

const mebibyte = 1024 * 1024;

/** About 16 MB that do not compress: several blocks and frames. */
const sample = `CREATE TABLE large (id INT AUTO_INCREMENT PRIMARY KEY, bytes LONGBLOB); INSERT INTO large (bytes) VALUES ${Array.from({ length: 16 }, () => '(RANDOM_BYTES(1000))').join(', ')};
  ${'INSERT INTO large (bytes) SELECT CONCAT(RANDOM_BYTES(1000)) FROM large; '.repeat(9)}`;

interface Scene {
  platform: TestPlatform;
  server: MysqlAddress;
}

/** A platform of its own for a database, which scenes share. */
async function scene(server: MysqlAddress, database: string, { vault }: { vault?: string } = {}): Promise<Scene> {
  const config = { databases: { main: { engine: 'mysql', connection: { url: mysqlUrl(server, database) }, proof: 'off' } }, language: 'en' } as const;
  return { server, platform: await testPlatform({ config: { ...config, ...(vault !== undefined && { local: { vault } }) } }) };
}

/** Runs the backup to a failure: no backup is known or visible, nothing is left of the work, the password stands nowhere, and one mail says why, which is returned. */
async function failure({ platform, server }: Scene, error: string, attempts: number): Promise<string> {
  expect(await runBackup(platform, request('2026-11-22T02:00:00Z'), never)).toMatchObject({ status: 'FAILED', error });
  expect(platform.clock.slept).toHaveLength(attempts - 1);
  expect((await platform.catalogue.backups.list()).items).toEqual([]);
  expect(await platform.vault.list('')).toEqual([]);
  expect(filesIn(platform.vault.root)).toEqual([]);
  expect(children('access-')).toEqual([]);
  for (const file of filesIn(platform.folder)) expect(readFileSync(join(platform.folder, file), 'latin1').includes(server.password), file).toBe(false);
  const [mail = '', ...others] = mailsOf(platform);
  expect(others).toEqual([]);
  expect(mail).toContain(error);
  expect(`${mail}${platform.log.lines.join()}`).not.toContain(server.password);
  return mail;
}

describe.each([
  ['mysql-9.7', 6],
  ['mariadb-11.8', 12],
] as const)('a backup of %s', { timeout: coldStart }, (name, blocks) => {
  it(`whose tool is killed after ${blocks} MiB leaves nothing in the vault, is tried four times and reported once`, async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, sample, { database });
    const set = await scene(server, database);
    let killed = 0;
    set.platform.log.onProgress = ({ bytes }) => {
      if (bytes === blocks * mebibyte) for (const pid of children('--single-transaction')) killed += Number(process.kill(pid, 'SIGKILL'));
    };
    expect(await failure(set, 'ToolFailedError', 4)).toContain('SIGKILL');
    expect(killed).toBe(4);
  });

  it('whose password is wrong is tried once, and the password stands in no log, record or mail', async () => {
    const server = { ...(await mysqlServer(name)), password: 'N0t-the-passw0rd' };
    expect(await failure(await scene(server, 'test'), 'AccessDeniedError', 1)).toContain('Access denied');
  });
});

it.skipIf(!canMount()).each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'a backup of %s into a vault whose disk is full leaves nothing, says so, and succeeds when there is room',
  {
    timeout: coldStart,
  },
  async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, sample, { database });
    const vault = smallDisk(4);
    const set = await scene(server, database, { vault });
    expect(await failure(set, 'StorageFullError', 4)).toMatch(/no space left/);
    execFileSync('mount', ['-o', 'remount,size=64m', vault]);
    expect(await runBackup(set.platform, request('2026-11-23T02:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await set.platform.catalogue.backups.list()).items).toMatchObject([{ status: 'published' }]);
  },
);

it.skipIf(!canMount())('a dump of MySQL finds no room for its file of options, says so, and leaves nothing', { timeout: coldStart }, async () => {
  const server = await mysqlServer('mysql-9.7');
  const scratch = smallDisk(1, 2);
  await expect(mysqlDumpOf(mysqlUrl(server, 'any'), { ...testWork(), scratch })).rejects.toMatchObject({
    name: 'StorageFullError',
    message: expect.stringContaining('no space left'),
  });
  expect(readdirSync(scratch)).toEqual([]);
});

it.each([
  ['mysql-9.7', /^server_uuid .*, database d, in an older state than in the backup main-20261122_020000Z$/],
  ['mariadb-11.8', /^server_uid .*, database d, in an older state than in the backup main-20261122_020000Z$/],
] as const)('a server of %s that is started from an older copy of its files is told from what it was', { timeout: coldStart }, async (name, mark) => {
  await using server = await startMysqlServer(name);
  await mysqlQuery(server, 'CREATE DATABASE d; CREATE TABLE d.early (id INT); INSERT INTO d.early VALUES (1)');
  const [start, older] = [startOf(server.pid), `${server.data}.older`];
  const started = async () => {
    const child = start();
    await expect.poll(() => mysqlQuery(server, 'SELECT 1').catch(() => 'not yet'), { timeout: 30_000 }).toMatch(/^1/);
    return child;
  };
  await mysqlQuery(server, 'SHUTDOWN');
  await expect.poll(() => isRunning(server.pid), { timeout: 30_000 }).toBe(false);
  execFileSync('cp', ['-a', server.data, older]);

  const running = await started();
  await mysqlQuery(server, 'CREATE TABLE d.later (id INT); INSERT INTO d.later VALUES (1)');
  const { platform } = await scene(server, 'd');
  expect(await runBackup(platform, request('2026-11-22T02:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
  const ended = once(running, 'exit');
  running.kill('SIGKILL');
  await ended;
  rmSync(server.data, { recursive: true });
  renameSync(older, server.data);
  await started();

  platform.clock.set('2026-11-23T02:00:00Z');
  expect(await runBackup(platform, request('2026-11-23T02:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
  const strangers = (await platform.catalogue.backups.list()).items.map(({ id, stranger }) => [id, stranger]);
  expect(strangers).toEqual([
    ['main-20261123_020000Z', expect.stringMatching(mark)],
    ['main-20261122_020000Z', undefined],
  ]);
  expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'source-changed' }]);
});
