import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../../../core/documents/scan.ts';
import { mysqlEngine } from '../../../../core/engines/mysql/engine.ts';
import { partOf } from '../../../../core/operations/orders/restore-part.ts';
import { leftIn, piece, testWork } from '../../../support/engine-work.ts';
import { everythingOf } from '../../../support/mysql-everything.ts';
import { mysqlServerNames } from '../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../support/mysql-work.ts';
import { coldStart } from '../../../support/programs.ts';

/** Routines of MariaDB in Oracle's syntax. */
const oracle = `SET sql_mode = ORACLE;
  DELIMITER //
  CREATE PROCEDURE p(a INT) AS b INT := 1; c VARCHAR(9) := 'x;'; BEGIN b := a; END;//
  CREATE PACKAGE k AS FUNCTION f RETURN INT; END;//
  CREATE PACKAGE BODY k AS n INT := 2; FUNCTION f RETURN INT AS BEGIN RETURN n; END; END;//
  DELIMITER ;`;

describe.each(mysqlServerNames)('%s', (name) => {
  it('dumps, proves and restores a database with every kind of object, and finds it equal', { timeout: coldStart }, async () => {
    const server = await mysqlServer(name);
    const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    await mysqlQuery(server, everythingOf(server.family), { database: source });
    if (name === 'mariadb-11.8') await mysqlQuery(server, oracle, { database: source });
    const work = testWork();

    const dumped = await mysqlDumpOf(mysqlUrl(server, source), work);
    const finding = await mysqlProof(dumped, work);
    const restored = await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: mysqlUrl(server, target), force: false, now: new Date() }, work);
    const again = await mysqlDumpOf(mysqlUrl(server, target), work);
    {
      await using opened = await mysqlEngine.open(() => piece(dumped.bytes), dumped.scan, [], work);
      expect(opened).toMatchObject({ tables: dumped.scan.tables.length, rows: rowsOf(dumped.scan) });
      expect((await mysqlDumpOf(opened.address, work)).scan.tables).toEqual(dumped.scan.tables);
    }

    const notes = name === 'mariadb-10.11' ? [expect.stringContaining('compared by name alone')] : [];
    expect(finding).toMatchObject({ differences: [], unproven: [], notes });
    if (name === 'mariadb-11.8') expect(dumped.scan.objects).toMatchObject({ PACKAGE: 1, 'PACKAGE BODY': 1 });
    expect(restored).toMatchObject({ tables: dumped.scan.tables.length });
    expect(again.scan.objects).toEqual(dumped.scan.objects);
    expect(again.scan.tables).toEqual(dumped.scan.tables);
    expect(again.bytes.includes(`\`${source}\`.`)).toBe(false);
    expect(leftIn(work)).toEqual([]);
  });
});

it.each(mysqlServerNames.filter((name) => !name.startsWith('mariadb-10')))(
  '%s: single tables come back beside others',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    await mysqlQuery(server, everythingOf(server.family), { database: source });
    await mysqlQuery(
      server,
      `CREATE TABLE parent (id INT PRIMARY KEY); INSERT INTO parent VALUES (1);
    CREATE TABLE child (id INT PRIMARY KEY, elder INT, FOREIGN KEY (elder) REFERENCES parent (id)); INSERT INTO child VALUES (1, 1), (2, NULL)`,
      { database: source },
    );
    await mysqlQuery(server, 'CREATE TABLE kept (id INT)', { database: target });
    const dumped = await mysqlDumpOf(mysqlUrl(server, source));
    const work = testWork();
    {
      await using part = await partOf({ engine: mysqlEngine, dump: () => piece(dumped.bytes), scan: dumped.scan, flaws: [] }, { tables: ['child'] }, work);
      await mysqlEngine.restore(part.open, part.scan, { into: mysqlUrl(server, target), force: true, now: new Date() }, work);
    }
    expect(leftIn(work)).toEqual([]);
    expect(await mysqlQuery(server, 'SHOW TABLES', { database: target })).toBe('child\nkept');
    expect(await mysqlQuery(server, 'SELECT COUNT(*) FROM child', { database: target })).toBe('2');
  },
);
