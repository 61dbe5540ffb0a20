import { describe, expect, it } from 'vitest';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { everythingOf } from '../../../../support/mysql-everything.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../../support/mysql-work.ts';
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

/** The GRANT that an error gives. */
async function statementIn(refused: Promise<unknown>): Promise<string> {
  const message = await refused.then(
    () => '',
    (error: Error) => error.message,
  );
  return /GRANT .*;/.exec(message)?.[0] ?? '';
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

    expect(scan.objects).toMatchObject({ VIEW: 5, TRIGGER: 2, EVENT: 1, FUNCTION: 1, PROCEDURE: 3 });
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

  it.each(onDatabase)('a user without %s is refused, and the statement that gives it is named', async (right) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const others = onDatabase.filter((each) => each !== right).join(', ');
    const user = await newMysqlUser(server, `${others} ON ${database}.*`, routineRight[name](database));
    const work = testWork();

    const refused = mysqlDumpOf(mysqlUrl(user, database), work);

    await expect(refused).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringMatching(new RegExp(`: ${right}\\. .*GRANT ${right} ON .*\\.\\* TO '${user.user}'@'%';`)),
    });
    expect(leftIn(work)).toEqual([]);
    await mysqlQuery(server, await statementIn(refused));
    await mysqlDumpOf(mysqlUrl(user, database));
  });

  it('a user who is not shown routines is refused, and the statement that shows them is named', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, 'CREATE PROCEDURE hidden() SELECT 1', { database });
    const user = await newMysqlUser(server, `${onDatabase.join(', ')} ON ${database}.*`);

    const refused = mysqlDumpOf(mysqlUrl(user, database));

    await expect(refused).rejects.toMatchObject({ name: 'AccessDeniedError' });
    await mysqlQuery(server, await statementIn(refused));
    expect((await mysqlDumpOf(mysqlUrl(user, database))).scan.objects).toMatchObject({ PROCEDURE: 1 });
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
