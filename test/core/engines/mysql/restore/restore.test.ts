import { describe, expect, it } from 'vitest';
import type { RestoreTarget } from '../../../../../core/engines/engine.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { leftIn, piece, testWork } from '../../../../support/engine-work.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const person = "CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO person VALUES (1, 'Ada'), (2, 'Bob')";

function restored({ bytes, scan }: Dumped, into: string, choices: Partial<RestoreTarget> = {}, work = testWork()) {
  return mysqlEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date(), ...choices }, work);
}

describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('%s', { timeout: coldStart }, (name) => {
  /** A server, the dump of a new database on it, and an empty one. */
  async function prepared(sql = person) {
    const server = await mysqlServer(name);
    const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    await mysqlQuery(server, sql, { database: source });
    return { server, source, target, dumped: await mysqlDumpOf(mysqlUrl(server, source)) };
  }

  it('refuses a target that is not empty, and shows what is in it', async () => {
    const { server, target, dumped } = await prepared();
    await mysqlQuery(server, 'CREATE TABLE mine (id INT); CREATE VIEW v AS SELECT 1', { database: target });

    const refused = restored(dumped, mysqlUrl(server, target));

    await expect(refused).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringMatching(/not empty: it has mine \(about 0 rows, .*VIEW v/) });
    expect(await mysqlQuery(server, 'SHOW TABLES', { database: target })).toBe('mine\nv');
  });

  it('restores beside what is there when told to, but never into a table that is there', async () => {
    const { server, target, dumped } = await prepared();
    await mysqlQuery(server, 'CREATE TABLE mine (id INT); INSERT INTO mine VALUES (7)', { database: target });
    const told: string[] = [];

    const result = await restored(dumped, mysqlUrl(server, target), { force: true }, testWork({ warn: (message) => void told.push(message) }));

    expect(result).toMatchObject({ tables: 1, rows: 2 });
    expect(told).toEqual([expect.stringContaining('mine')]);
    expect(await mysqlQuery(server, 'SELECT * FROM mine', { database: target })).toBe('7');
    const again = restored(dumped, mysqlUrl(server, target), { force: true });
    await expect(again).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining('tables of the backup already: person') });
  });

  it('stops at the first error, and says what it has left and what to do', async () => {
    const { server, target, dumped } = await prepared(`CREATE TABLE first (id INT); ${person}; CREATE TABLE zero (id INT)`);
    const work = testWork();

    const failing = restored(altered(dumped, "(2,'Bob')", "(2,'Bob',3)"), mysqlUrl(server, target), {}, work);

    await expect(failing).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringMatching(/1136.*holds 2 of 3 tables.*DROP DATABASE.*CREATE DATABASE … CHARACTER SET utf8mb4/s),
    });
    await expect(failing).rejects.toMatchObject({ message: expect.not.stringContaining('Bob') });
    expect(leftIn(work)).toEqual([]);
  });

  it('finds rows that are not those that were backed up', async () => {
    const { server, target, dumped } = await prepared();

    await expect(restored(altered(dumped, "'Bob'", "'Rob'"), mysqlUrl(server, target))).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringContaining('differs from the backup: table person has other contents'),
    });
  });

  it('runs nothing that is no part of a dump', async () => {
    const { server, target, dumped } = await prepared();

    const failing = restored(altered(dumped, 'CREATE TABLE `person`', '\\! touch /tmp/owned\nCREATE TABLE `person`'), mysqlUrl(server, target));

    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('the dump has') });
  });

  it('an ordinary user restores with --no-owner what belonged to others, into a database of another name', async () => {
    const views =
      'CREATE VIEW v AS SELECT id FROM person; CREATE TRIGGER t BEFORE INSERT ON person FOR EACH ROW SET NEW.name = NEW.name; CREATE PROCEDURE p() SELECT 1';
    const { server, source, target, dumped } = await prepared(`${person}; ${views}`);
    const user = await newMysqlUser(server, `ALL ON ${target}.*`);

    await expect(restored(dumped, mysqlUrl(user, target))).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringMatching(/root@.*--no-owner/) });
    await restored(dumped, mysqlUrl(user, target), { withoutOwners: true });

    const definers = await mysqlQuery(
      server,
      `SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${target}' UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${target}' UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '${target}'`,
    );
    expect(definers).toBe(`${user.user}@%`);
    expect(await mysqlQuery(server, 'SHOW CREATE VIEW v', { database: target })).not.toContain(source);
  });

  it('views into which the server writes the name of the database read the copy, whatever their aliases are called', async () => {
    const json = `JSON_TABLE(CONCAT('[', k.id, ']'), '$[*]' COLUMNS (x INT PATH '$'))`;
    const server = await mysqlServer(name);
    const source = await newMysqlDatabase(server);
    const aliased = `CREATE VIEW aliased AS SELECT ${source}.id FROM person AS ${source} WHERE ${source}.name <> ''`;
    await mysqlQuery(
      server,
      `${person}; CREATE VIEW listed AS SELECT q.x, person.name FROM person JOIN person AS k ON k.id = person.id, ${json} AS q; ${aliased}`,
      {
        database: source,
      },
    );
    const dumped = await mysqlDumpOf(mysqlUrl(server, source));
    const target = await newMysqlDatabase(server);

    await restored(dumped, mysqlUrl(server, target));

    await mysqlQuery(server, "UPDATE person SET name = 'Eve'", { database: target });
    expect(await mysqlQuery(server, 'SELECT * FROM listed ORDER BY x; SELECT * FROM aliased ORDER BY id', { database: target })).toBe('1\tEve\n2\tEve\n1\n2');
    await mysqlQuery(server, 'DROP TABLE person', { database: source });
    expect(await mysqlQuery(server, 'SELECT COUNT(*) FROM listed', { database: target })).toBe('2');
  });

  it('names the rights that the user lacks', async () => {
    const { server, target, dumped } = await prepared(`${person}; CREATE VIEW v AS SELECT id FROM person`);
    const user = await newMysqlUser(server, `SELECT, INSERT, CREATE ON ${target}.*`);

    await expect(restored(dumped, mysqlUrl(user, target), { withoutOwners: true })).rejects.toMatchObject({
      name: 'RefusedError',
      message: expect.stringContaining('lacks rights on'),
    });
    expect(await mysqlQuery(server, 'SHOW TABLES', { database: target })).toBe('');
  });

  it('gives a routine that was made under another character set its database back', async () => {
    const { server, target, dumped } = await prepared('CREATE PROCEDURE p(IN word VARCHAR(10)) SELECT word; ALTER DATABASE CHARACTER SET latin1');
    expect(dumped.bytes.toString()).toContain('ALTER DATABASE');

    await restored(dumped, mysqlUrl(server, target));

    expect(await mysqlQuery(server, 'SELECT @@character_set_database', { database: target })).toBe('latin1');
    expect((await mysqlDumpOf(mysqlUrl(server, target))).scan.objects).toEqual({ PROCEDURE: 1 });
  });
});

it('a backup of the one product is not restored into the other', { timeout: coldStart }, async () => {
  const [mysql, mariadb] = [await mysqlServer('mysql-9.7'), await mysqlServer('mariadb-11.8')];
  const [source, target] = [await newMysqlDatabase(mysql), await newMysqlDatabase(mariadb)];
  await mysqlQuery(mysql, person, { database: source });
  const dumped = await mysqlDumpOf(mysqlUrl(mysql, source));

  await expect(restored(dumped, mysqlUrl(mariadb, target))).rejects.toMatchObject({
    name: 'RefusedError',
    message: expect.stringMatching(/MySQL 9\.7.*MariaDB 11\.8/),
  });
});
