import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { type MysqlServerName, mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { altered } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Expressions that MariaDB calculates while it opens a view, and one that every server calculates when the view is read. */
const calculated = ['ROUND(1.2345, planted())', "SUBSTRING('abc', planted())", "STR_TO_DATE('2020', planted())", "'a' LIKE 'b' ESCAPE planted()", 'planted()'];

const routineRight: Record<MysqlServerName, (database: string) => string> = {
  'mysql-9.7': () => 'SHOW_ROUTINE ON *.*',
  'mariadb-11.8': (database) => `SHOW CREATE ROUTINE ON ${database}.*`,
  'mariadb-10.11': () => 'SELECT ON mysql.proc',
};

/** A database in which an ordinary user has planted a function that writes down with whose rights it runs, and views that call it with the rights of whoever opens them. */
async function planted(server: MysqlAddress, { security = 'INVOKER' } = {}): Promise<{ database: string; asWhom: () => Promise<string> }> {
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, 'CREATE TABLE person (id INT PRIMARY KEY); INSERT INTO person VALUES (1), (2); CREATE TABLE ran (who VARCHAR(200))', { database });
  const planter = await newMysqlUser(server, `SELECT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE ON ${database}.*`, `INSERT ON ${database}.ran`);
  const views = calculated.map((expression, at) => `CREATE SQL SECURITY ${security} VIEW view_${at} AS SELECT ${expression} AS x`);
  const body = 'DETERMINISTIC SQL SECURITY INVOKER BEGIN INSERT INTO ran VALUES (CURRENT_USER()); RETURN 1; END';
  await mysqlQuery(planter, `DELIMITER $$\nCREATE FUNCTION planted() RETURNS INT ${body} $$\nDELIMITER ;\n${views.join(';\n')}`, { database });
  await mysqlQuery(server, 'DELETE FROM ran', { database });
  return { database, asWhom: () => mysqlQuery(server, 'SELECT DISTINCT who FROM ran', { database }) };
}

describe.each(mysqlServerNames)('%s', { timeout: coldStart }, (name) => {
  it('runs nothing of an ordinary user with the rights of an administrator who backs up, checks, or looks at a target', async () => {
    const server = await mysqlServer(name);
    const { database, asWhom } = await planted(server);
    const url = mysqlUrl(server, database);

    await mysqlQuery(server, 'CREATE VIEW sound AS SELECT id FROM person; CREATE VIEW reader AS SELECT x FROM view_0; DELETE FROM ran', { database });
    // functions with the names of built-in ones, a procedure, and an event, which in the scratch server would add rows
    const planter = await newMysqlUser(server, `SELECT, CREATE ROUTINE, EVENT ON ${database}.*`, `INSERT ON ${database}.ran`);
    const body = 'DETERMINISTIC SQL SECURITY INVOKER BEGIN INSERT INTO ran VALUES (CURRENT_USER()); RETURN 1; END';
    const builtIn = ['json_object', 'json_quote', 'version', 'concat_ws', 'instr', 'current_role', 'connection_id'];
    const functions = builtIn.map((each) => `CREATE FUNCTION \`${each}\`(a INT) RETURNS INT ${body} $$`);
    const procedure = 'CREATE PROCEDURE planted_too() BEGIN INSERT INTO ran VALUES (CURRENT_USER()); END $$';
    const event = 'CREATE EVENT each_second ON SCHEDULE EVERY 1 SECOND DO INSERT INTO ran VALUES (CURRENT_USER()) $$';
    await mysqlQuery(planter, `DELIMITER $$\n${functions.join('\n')}\n${procedure}\n${event}\nDELIMITER ;`, { database });
    const { remarks } = await mysqlEngine.examine(mysqlSource(url), testWork());
    const dumped = await mysqlDumpOf(url);
    const proof = await mysqlProof(dumped);
    // all that is not planted is backed up
    expect(proof.differences).toEqual([]);
    expect(dumped.scan.tables).toContainEqual(expect.objectContaining({ name: 'person', rows: 2 }));
    expect(dumped.scan.objects).toMatchObject({ FUNCTION: builtIn.length + 1, PROCEDURE: 1, EVENT: 1 });
    if (server.family === 'mysql') expect({ remarks, unproven: proof.unproven }).toEqual({ remarks: [], unproven: [] });
    else {
      const views = [...calculated.map((_, at) => `view_${at}`), 'reader'];
      const told = views.map((view) =>
        expect.stringMatching(new RegExp(`^the view ${view} is left out of the backup: it (?:calls planted|reads the view view_0)`)),
      );
      expect(remarks).toEqual(expect.arrayContaining(told));
      expect(proof.unproven).toEqual(told);
      expect(dumped.scan.mysql?.leftOut?.map(({ name }) => name)).toEqual(views);
      expect(dumped.scan.objects.VIEW).toBe(1);
      const into = mysqlUrl(server, await newMysqlDatabase(server));
      const { notes } = await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, { into, force: false, now: new Date() }, testWork());
      expect(notes).toContainEqual(expect.stringMatching(/^the view view_4 is not in the backup; its query was: select .*planted/));
    }
    const { scan, bytes } = await mysqlDumpOf(mysqlUrl(server, await newMysqlDatabase(server)));
    const restoring = mysqlEngine.restore(() => piece(bytes), scan, { into: url, force: false, now: new Date() }, testWork());
    await expect(restoring).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining('VIEW view_0') });
    expect(await asWhom()).toBe('');
  });

  it('backs up views that call a function with the rights of their definer', async () => {
    const server = await mysqlServer(name);
    const { database, asWhom } = await planted(server, { security: 'DEFINER' });
    expect((await mysqlDumpOf(mysqlUrl(server, database))).scan.objects).toMatchObject({ VIEW: calculated.length });
    expect(await asWhom()).not.toContain('root');
  });

  it('tells a user who may do more than read, and no other', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const remarks = async (address: MysqlAddress) => (await mysqlEngine.examine(mysqlSource(mysqlUrl(address, database)), testWork())).remarks;
    const reading = `SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON ${database}.*`;
    const [reader, writer] = [
      await newMysqlUser(server, reading, routineRight[name](database)),
      await newMysqlUser(server, reading, routineRight[name](database), 'INSERT ON *.*'),
    ];
    expect(await remarks(reader)).toEqual([]);
    expect(await remarks(writer)).toEqual(
      server.family === 'mysql' ? [] : [expect.stringMatching(/may do more than read \(INSERT\).*Let a user who may only read/)],
    );
  });
});

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'what a restored view of %s calls has no rights over the scratch server',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const views = calculated.map((expression, at) => `CREATE SQL SECURITY INVOKER VIEW view_${at} AS SELECT ${expression} AS x`);
    const harmless =
      "CREATE FUNCTION planted() RETURNS INT DETERMINISTIC SQL SECURITY INVOKER\nBEGIN IF USER() NOT LIKE '%restorer%' THEN SET @a = 1; END IF; RETURN 1; END";
    const tables = 'CREATE TABLE person (id INT PRIMARY KEY); INSERT INTO person VALUES (1)';
    await mysqlQuery(server, `${tables};\nDELIMITER $$\n${harmless} $$\nDELIMITER ;\n${views.join(';\n')}`, { database });
    const reader = await newMysqlUser(server, `SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON ${database}.*`, routineRight[name](database));
    const dumped = await mysqlDumpOf(mysqlUrl(reader, database));
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], unproven: [] });
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const log = `SET GLOBAL slow_query_log_file = '${join(folder, 'attacked')}', GLOBAL slow_query_log = ON`;

    // whether a verdict comes of it or none: a proof of such a database cannot be had
    await mysqlProof(altered(dumped, 'SET @a = 1', log)).catch(() => undefined);

    expect(readdirSync(folder)).toEqual([]);
  },
);
