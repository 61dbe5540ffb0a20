import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RestoreTarget, Work } from '../../../../../core/engines/engine.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { leftIn, piece, testWork } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
import { children } from '../../../../support/processes.ts';
import { coldStart } from '../../../../support/programs.ts';

const sample =
  "CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace'); CREATE TABLE visit (id INT); INSERT INTO visit VALUES (7);";

async function dumpOf(server: MysqlAddress, sql = sample): Promise<Dumped> {
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sql, { database });
  return mysqlDumpOf(mysqlUrl(server, database));
}

const restored = ({ bytes, scan }: Dumped, into: string, choices: Partial<RestoreTarget> = {}, work: Work = testWork()) =>
  mysqlEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date(), ...choices }, work);

const tablesIn = (server: MysqlAddress, database: string) => mysqlQuery(server, 'SHOW TABLES', { database });

/** What an administrator does whom the message told to. */
const madeAnew = (server: MysqlAddress, database: string) =>
  mysqlQuery(server, `DROP DATABASE \`${database}\`; CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);

describe.each(mysqlServerNames)('a restore on %s', { timeout: coldStart }, (name) => {
  it('stops at the first error, says what is there now and what to do, and that helps', async () => {
    const server = await mysqlServer(name);
    const [dump, copy] = [await dumpOf(server), await newMysqlDatabase(server)];
    const broken = altered(dump, "(2,'Grace')", "(1,'Grace; the secret')");
    const error = (await restored(broken, mysqlUrl(server, copy)).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ name: 'RestoreFailedError' });
    expect(error.message).toMatch(
      /the restore stopped: .*(?:Duplicate entry '…'|may be there twice).*holds 1 of 2 tables of the backup now, because .*DROP DATABASE, CREATE DATABASE … CHARACTER SET utf8mb4/,
    );
    expect(error.message).not.toMatch(new RegExp(`secret|${server.password}`));
    expect(await tablesIn(server, copy)).toBe('person');
    await madeAnew(server, copy);
    expect(await restored(dump, mysqlUrl(server, copy))).toMatchObject({ rows: 3 });
  });

  it('notices when a row did not come as it was, and a trigger is made in the database that is restored into', async () => {
    const server = await mysqlServer(name);
    const source = await newMysqlDatabase(server);
    await mysqlQuery(server, `${sample} CREATE TRIGGER ${source}.loud BEFORE INSERT ON ${source}.person FOR EACH ROW SET NEW.name = UPPER(NEW.name)`, {
      database: source,
    });
    const dump = await mysqlDumpOf(mysqlUrl(server, source));
    const copy = await newMysqlDatabase(server);
    expect(await restored(dump, mysqlUrl(server, copy))).toMatchObject({ rows: 3 });
    expect(await mysqlQuery(server, `SELECT EVENT_OBJECT_SCHEMA FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${copy}'`)).toBe(copy);

    const other = altered(dump, "'Ada'", "'Ida'");
    await expect(restored(other, mysqlUrl(server, await newMysqlDatabase(server)))).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringMatching(/differs from the backup: table person has other contents in its 2 rows/),
    });
  });

  // MariaDB 10.11 is reached by the client of 11.8
  if (name === 'mariadb-10.11') return;

  it('that is stopped says what may be left, and leaves no process and no file', async () => {
    const server = await mysqlServer(name);
    const [dump, copy] = [await dumpOf(server), await newMysqlDatabase(server)];
    const stop = new AbortController();
    const work = testWork({ signal: stop.signal });
    async function* slowly() {
      const half = dump.bytes.indexOf('CREATE TABLE `visit`');
      yield dump.bytes.subarray(0, half);
      await setTimeout(300);
      stop.abort(new Error('stopped by the test'));
      yield dump.bytes.subarray(half);
    }
    const target = { into: mysqlUrl(server, copy), force: false, now: new Date() };
    await expect(mysqlEngine.restore(() => slowly(), dump.scan, target, work)).rejects.toThrow(
      /stopped by the test\. .* may hold a part of the backup now\. It was empty before: DROP DATABASE/,
    );
    expect([...leftIn(work), ...children('--binary-mode')]).toEqual([]);
    expect(await tablesIn(server, copy)).toBe('person');
    await expect(restored(dump, mysqlUrl(server, copy))).rejects.toThrow('the target is not empty');
    await madeAnew(server, copy);
    expect(await restored(dump, mysqlUrl(server, copy))).toMatchObject({ rows: 3 });
  });

  it('whose database is called as few are', async () => {
    const server = await mysqlServer(name);
    const suffix = randomBytes(4).toString('hex');
    const source = await newMysqlDatabase(server, `It's "a" \`b\` é_%${suffix}`);
    await mysqlQuery(server, `${sample} CREATE VIEW people AS SELECT name FROM person`, { database: source });
    const copy = await newMysqlDatabase(server, `-p --x='y';${suffix}`);
    expect(await restored(await mysqlDumpOf(mysqlUrl(server, source)), mysqlUrl(server, copy))).toMatchObject({ tables: 2, rows: 3 });
    expect(await mysqlQuery(server, 'SELECT COUNT(*) FROM people', { database: copy })).toBe('2');
  });

  it('finds no database of that name', async () => {
    const server = await mysqlServer(name);
    await expect(restored(await dumpOf(server), mysqlUrl(server, 'nowhere_at_all'))).rejects.toMatchObject({
      name: 'SourceMissingError',
      message: expect.stringContaining('nowhere_at_all'),
    });
  });
});

it('a server older than the source is refused, and by force takes what it knows', { timeout: coldStart }, async () => {
  const [newer, older] = [await mysqlServer('mariadb-11.8'), await mysqlServer('mariadb-10.11')];
  const plain = await dumpOf(newer, 'CREATE TABLE t (id INT PRIMARY KEY) CHARACTER SET latin1; INSERT INTO t VALUES (1)');
  const target = await newMysqlDatabase(older);
  await expect(restored(plain, mysqlUrl(older, target))).rejects.toMatchObject({
    name: 'RefusedError',
    message: expect.stringMatching(/the backup is of MariaDB 11\.8.* the target is older, 10\.11.*--force/),
  });
  expect(await tablesIn(older, target)).toBe('');
  expect((await restored(plain, mysqlUrl(older, target), { force: true })).notes).toContainEqual(
    expect.stringMatching(/of MariaDB 11\.8.*, and this is 10\.11/),
  );
  const modern = await dumpOf(newer, 'CREATE TABLE v (id INT PRIMARY KEY, e VECTOR(3) NOT NULL)');
  await expect(restored(modern, mysqlUrl(older, await newMysqlDatabase(older)), { force: true })).rejects.toMatchObject({
    name: 'RestoreFailedError',
    message: expect.stringContaining('holds 0 of 1 tables of the backup'),
  });
});

it('whose process is killed leaves a part, which the next restore shows', { timeout: coldStart }, async () => {
  const server = await mysqlServer('mariadb-11.8');
  const [dump, copy] = [await dumpOf(server), await newMysqlDatabase(server)];
  const file = join(temporaryFolder(), 'dump.sql');
  writeFileSync(file, dump.bytes);
  const half = dump.bytes.indexOf('CREATE TABLE `visit`');
  const program = join(import.meta.dirname, '../../../../support/killed-restore.ts');
  const child = spawn(process.execPath, [program, file, String(half), mysqlUrl(server, copy), JSON.stringify(dump.scan)], { stdio: 'ignore' });
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  await expect.poll(() => mysqlQuery(server, 'SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE()', { database: copy })).toBe('1');
  await expect(restored(dump, mysqlUrl(server, copy))).rejects.toThrow(/not empty: it has person/);
  await madeAnew(server, copy);
  expect(await restored(dump, mysqlUrl(server, copy))).toMatchObject({ rows: 3 });
});
