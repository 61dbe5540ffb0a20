import { describe, expect, it, onTestFinished } from 'vitest';
import type { Scan } from '../../../../../core/documents/scan.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { everythingOf } from '../../../../support/mysql-everything.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** What a user needs beside the rights on the database to be shown routines. */
const routineRight = {
  'mysql-9.7': (_: string) => 'SHOW_ROUTINE ON *.*',
  'mariadb-11.8': (database: string) => `SHOW CREATE ROUTINE ON ${database}.*`,
  'mariadb-10.11': (_: string) => 'SELECT ON mysql.proc',
};
/** What a user needs to know when its password ends. */
const passwordRight: Record<(typeof mysqlServerNames)[number], string[]> = {
  'mysql-9.7': ['SELECT (Host, User, plugin, password_last_changed, password_lifetime) ON mysql.user'],
  'mariadb-11.8': [],
  'mariadb-10.11': ['SELECT ON mysql.global_priv'],
};
const onDatabase = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'];

/** One object of each kind, and a second table. */
const sample = `CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE TABLE other (b INT); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 2;
  CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SET @x = 1; CREATE PROCEDURE p() SELECT 1`;
const whole = { TABLE: 2, VIEW: 1, TRIGGER: 1, EVENT: 1, PROCEDURE: 1 };

/** The statements that flaws give. */
function statementsIn({ flaws = [] }: Scan): string {
  return flaws.map(({ what }) => /GRANT .*;$/.exec(what)?.[0] ?? '').join(' ');
}

describe.each(mysqlServerNames)('%s', { timeout: coldStart }, (name) => {
  it('a user with the rights that are documented dumps everything', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, everythingOf(server.family), { database });
    // MariaDB reads a view that calls a function only for those who may run that
    const all = [...onDatabase, ...(server.family === 'mariadb' ? ['EXECUTE'] : [])].join(', ');
    const user = await newMysqlUser(server, `${all} ON ${database}.*`, routineRight[name](database));

    const { scan } = await mysqlDumpOf(mysqlUrl(user, database));

    expect(scan.warnings).toContainEqual(expect.stringMatching(/^the users and roles of the server are not in the backup: GRANT SELECT ON mysql\.\* TO '/));
    expect(scan.objects).toMatchObject({ VIEW: server.family === 'mysql' ? 6 : 5, TRIGGER: 2, EVENT: 1, FUNCTION: 1, PROCEDURE: 3 });
  });

  it('a user who has the rights by a role backs up if sessions begin with it, and is told so otherwise', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, sample, { database });
    const user = await newMysqlUser(server);
    const role = `${user.user}_reads`;
    onTestFinished(async () => void (await mysqlQuery(server, `DROP ROLE ${role}`)));
    const rights = [`${onDatabase.join(', ')} ON ${database}.*`, routineRight[name](database)];
    await mysqlQuery(server, [`CREATE ROLE ${role}`, ...rights.map((each) => `GRANT ${each} TO ${role}`), `GRANT ${role} TO ${user.user}@'%'`].join('; '));
    await expect(mysqlDumpOf(mysqlUrl(user, database))).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringContaining('SET DEFAULT ROLE'),
    });
    await mysqlQuery(server, `SET DEFAULT ROLE ${role} ${server.family === 'mysql' ? 'TO' : 'FOR'} ${user.user}@'%'`);
    const { scan } = await mysqlDumpOf(mysqlUrl(user, database));
    expect(scan).toMatchObject({ objects: whole });
    expect(scan.flaws).toBeUndefined();
  });

  it('the ends of the password, where the user may know it, and of the certificate are in the scan', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const dumpedAs = async (expiry: string, ...rights: string[]) => {
      const user = await newMysqlUser(server, `${onDatabase.join(', ')} ON ${database}.*`, routineRight[name](database), ...rights);
      await mysqlQuery(server, `ALTER USER ${user.user}@'%' PASSWORD EXPIRE ${expiry}`);
      const { certificateEnds = '', passwordEnds = '' } = (await mysqlDumpOf(mysqlUrl(user, database))).scan;
      return [passwordEnds, certificateEnds].map((end) => Math.round((Date.parse(end) - Date.now()) / 86_400_000));
    };
    expect(await dumpedAs('INTERVAL 90 DAY', ...passwordRight[name])).toEqual([90, 2]);
    expect(await dumpedAs('NEVER', ...passwordRight[name])).toEqual([Number.NaN, 2]);
    if (passwordRight[name].length > 0) expect(await dumpedAs('INTERVAL 90 DAY')).toEqual([Number.NaN, 2]);
  });

  it.each<[string, string[], RegExp[]]>([
    ['SELECT on a table', ['SELECT'], [/^TABLES: .*GRANT SELECT ON /, /^TABLE other: .*GRANT SELECT ON /]],
    [
      'other rights',
      ['SHOW VIEW', 'TRIGGER', 'EVENT', 'the right to see routines'],
      [/^VIEW v: .*GRANT SHOW VIEW ON /, /^TRIGGERS: .*GRANT TRIGGER ON /, /^EVENTS: .*GRANT EVENT ON /, /^ROUTINES: .*GRANT S/],
    ],
  ])('a user without %s has a flawed backup of all else, with the statements that give the rights', async (_, without, what) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, sample, { database });
    const isBlind = without.includes('SELECT');
    const others = onDatabase.filter((each) => !without.includes(each)).join(', ');
    const user = await newMysqlUser(server, `${others} ON ${database}.*`, ...(isBlind ? [`SELECT ON ${database}.t`, routineRight[name](database)] : []));
    const url = mysqlUrl(user, database);
    const work = testWork();

    const dumped = await mysqlDumpOf(url, work);

    const { scan } = dumped;
    for (const each of what) expect(scan.flaws).toContainEqual(expect.objectContaining({ what: expect.stringMatching(each) }));
    expect(scan.tables).toContainEqual(expect.objectContaining({ name: 't', rows: 1 }));
    if (isBlind) expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [] });
    const remarks = (await mysqlEngine.examine(mysqlSource(url), testWork())).remarks.join();
    for (const each of what) expect(remarks).toMatch(new RegExp(each.source.replace(/^\^/, '')));
    expect(leftIn(work)).toEqual([]);
    await mysqlQuery(server, statementsIn(scan));
    expect((await mysqlDumpOf(url)).scan).toMatchObject({ objects: whole, tables: [{ name: 'other' }, { name: 't' }] });
  });

  it('a user who may read no table is refused, and a routine whose text he is not shown is named', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, sample, { database });
    const blind = await newMysqlUser(server, `INSERT, EXECUTE ON ${database}.*`);
    await expect(mysqlDumpOf(mysqlUrl(blind, database))).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringMatching(/needs: SELECT, SHOW VIEW, TRIGGER, EVENT, .*GRANT SELECT ON .* GRANT EVENT ON /),
    });
    const user = await newMysqlUser(server, `${onDatabase.join(', ')}, EXECUTE ON ${database}.*`);
    const { scan } = await mysqlDumpOf(mysqlUrl(user, database));
    expect(scan.flaws).toContainEqual(expect.objectContaining({ what: expect.stringMatching(/^PROCEDURE p: .*GRANT S/) }));
    expect(scan.objects).toEqual({ TABLE: 2, VIEW: 1, TRIGGER: 1, EVENT: 1 });
  });

  it('rights that come by a role count', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const user = await newMysqlUser(server);
    const role = `${user.user}_role`;
    const byDefault = server.family === 'mysql' ? `SET DEFAULT ROLE ${role} TO ${user.user}@'%'` : `SET DEFAULT ROLE ${role} FOR ${user.user}@'%'`;
    await mysqlQuery(
      server,
      `CREATE ROLE ${role}; GRANT ${onDatabase.join(', ')} ON ${database}.* TO ${role}; GRANT ${routineRight[name](database)} TO ${role}; GRANT ${role} TO ${user.user}@'%'; ${byDefault}`,
    );

    await expect(mysqlDumpOf(mysqlUrl(user, database))).resolves.toBeDefined();
    await mysqlQuery(server, `DROP ROLE ${role}`);
  });
});
