import { describe, expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { leftIn, piece, testWork } from '../../../../support/engine-work.ts';
import { type MysqlAddress, mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { altered } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** A dump of a new database with these tables. */
async function dumpOf(server: MysqlAddress, sql: string) {
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sql, { database });
  return mysqlDumpOf(mysqlUrl(server, database));
}

const person = "CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO person VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Cy')";

describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('%s', { timeout: coldStart }, (name) => {
  it('what came back otherwise than the server of the source described it leaves the proof partial, and is named, of every kind', async () => {
    const others = `CREATE VIEW home AS SELECT * FROM person; CREATE PROCEDURE p() SELECT 1; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;
      CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1; CREATE TRIGGER tr BEFORE INSERT ON person FOR EACH ROW SET NEW.id = 1`;
    const ofMariadb = `SET sql_mode = ORACLE;\nDELIMITER //\nCREATE PACKAGE k AS FUNCTION g RETURN INT; END;//
      CREATE PACKAGE BODY k AS FUNCTION g RETURN INT AS BEGIN RETURN 1; END; END;//\nDELIMITER ;\nCREATE SEQUENCE s`;
    const { bytes, scan } = await dumpOf(await mysqlServer(name), `${person}; ${others};${name === 'mysql-9.7' ? '' : `\n${ofMariadb}`}`);
    if (!scan.mysql?.described) throw new TypeError('nothing is described');
    const names = Object.keys(scan.mysql.described);
    const kinds = ['EVENT', 'FUNCTION', 'PROCEDURE', 'TABLE', 'TRIGGER', 'VIEW', ...(name === 'mysql-9.7' ? [] : ['PACKAGE', 'PACKAGE BODY', 'SEQUENCE'])];
    expect(names.map((each) => each.slice(0, each.lastIndexOf(' '))).toSorted()).toEqual(kinds.toSorted());

    const described = Object.fromEntries(names.map((each) => [each, 'another digest']));
    const { differences, unproven } = await mysqlProof({ bytes, scan: { ...scan, mysql: { ...scan.mysql, described } } });

    expect(differences).toEqual([]);
    expect(unproven.toSorted()).toEqual(names.map((each) => `${each} came back otherwise than the source's server described it`).toSorted());
  });

  it('what was changed is refuted, though a view of another database cannot be proven', async () => {
    const server = await mysqlServer(name);
    const other = await newMysqlDatabase(server);
    await mysqlQuery(server, 'CREATE TABLE there (id INT)', { database: other });
    const more = `CREATE TABLE doubled LIKE person; INSERT INTO doubled VALUES (4, 'Dee'), (5, 'Eve'); CREATE TABLE narrowed (id INT, width INT); INSERT INTO narrowed VALUES (1, 2), (2, 3);
      CREATE VIEW abroad AS SELECT * FROM ${other}.there; CREATE VIEW home AS SELECT * FROM person`;
    const dumped = await dumpOf(server, `${person}; ${more}`);
    const lost = /`id` int(?:\(11\))? DEFAULT NULL,\n( {2}`width` [^\n]*\n)/.exec(dumped.bytes.toString())?.[0] ?? 'no such column';
    const changes: [string, string][] = [
      ["'Bob'", "'Rob'"],
      ["(5,'Eve')", "(4,'Eve')"],
      [lost, `${lost.split(',')[0]}\n`],
    ];
    const work = testWork();

    const { differences, unproven } = await mysqlProof(
      changes.reduce((dump, [from, to]) => altered(dump, from, to), dumped),
      work,
    );

    expect(differences).toEqual([
      'table doubled has other contents in its 2 rows',
      'table narrowed has 0 rows instead of 2',
      'table person has other contents in its 3 rows',
      'the definition of TABLE narrowed is not the one that was dumped',
    ]);
    expect(differences.join()).not.toContain('Eve');
    expect(unproven).toEqual(expect.arrayContaining([expect.stringContaining('there')]));
    expect(leftIn(work)).toEqual([]);
  });

  it('values of stored generated columns that a session with its own settings wrote are a flaw; a restore computes them with the settings of the source', async () => {
    const server = await mysqlServer(name);
    const make = 'CREATE TABLE share (a INT, part DECIMAL(30,12) AS (a / 3) STORED, twice INT AS (a * 2) STORED)';
    const dumped = await dumpOf(server, `SET SESSION div_precision_increment = 9; ${make}; INSERT INTO share (a) VALUES (1), (NULL)`);
    expect(dumped.scan.mysql).toMatchObject({ computing: { div_precision_increment: '4' }, generated: { share: { twice: expect.any(String) } } });
    const { flaws, ...found } = await mysqlProof(dumped);
    const { database: source = '' } = dumped.scan.mysql ?? {};
    for (const { remedy } of flaws) await mysqlQuery(server, /ALTER .*;/.exec(remedy)?.[0] ?? '', { database: source });
    if (flaws.length > 0) expect(await mysqlProof(await mysqlDumpOf(mysqlUrl(server, source)))).toMatchObject({ flaws: [] });
    expect({ ...found, flaws }).toMatchObject({
      differences: [],
      unproven: [],
      // MariaDB divides with nine digits whatever the setting
      flaws:
        name === 'mysql-9.7'
          ? [{ what: expect.stringMatching(/^the stored generated column part of TABLE share /), remedy: expect.stringContaining('FORCE') }]
          : [],
    });
    const usual = await dumpOf(server, `${make}; INSERT INTO share (a) VALUES (1), (NULL)`);
    if (!usual.scan.mysql) throw new TypeError('no part mysql');
    const ofOtherServer = { ...usual.scan, mysql: { ...usual.scan.mysql, computing: { div_precision_increment: '9', no_such_variable: 'x' } } };
    const database = await newMysqlDatabase(server);
    const { notes } = await mysqlEngine.restore(
      () => piece(usual.bytes),
      ofOtherServer,
      { into: mysqlUrl(server, database), force: false, now: new Date() },
      testWork(),
    );
    expect(notes).toEqual([expect.stringMatching(/does not take the source's no_such_variable = x$/)]);
    expect(await mysqlQuery(server, 'SELECT part FROM share WHERE a = 1', { database })).toBe('0.333333333000');
  });
});

it('rows for a table that the dump does not make refute it', { timeout: coldStart }, async () => {
  const dumped = await dumpOf(await mysqlServer('mariadb-11.8'), person);
  const work = testWork();

  const { differences } = await mysqlProof(altered(dumped, 'CREATE TABLE `person`', 'CREATE TABLE `people`'), work);

  expect(differences).toEqual([expect.stringContaining('has rows for a table that it does not make')]);
  expect(leftIn(work)).toEqual([]);
});
