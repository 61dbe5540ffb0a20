import { describe, expect, it, onTestFinished } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { familyOfServer, type MysqlServerName, mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** One object of each kind whose definition is hidden from those who may not see it. */
const objects = `CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 2;
  CREATE PROCEDURE p() SELECT 1; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1; CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DISABLE DO SET @x = 1`;

/** The right to see routines, and what it is given on. */
const routineRight: Record<MysqlServerName, (database: string) => string> = {
  'mysql-9.7': () => 'SHOW_ROUTINE ON *.*',
  'mariadb-11.8': (database) => `SHOW CREATE ROUTINE ON ${database}.*`,
  'mariadb-10.11': () => 'SELECT ON mysql.proc',
};

/** The same, but not on the database: an entry for exactly this one would hide those with patterns. */
const withoutEntry = (name: MysqlServerName) => (name === 'mysql-9.7' ? 'SHOW_ROUTINE ON *.*' : 'SELECT ON mysql.proc');

const ofDatabase = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'];

describe.each(mysqlServerNames)('on %s', (name) => {
  const examine = (user: MysqlAddress, database: string) => mysqlEngine.examine(mysqlSource(mysqlUrl(user, database)), testWork());
  /** A database with an underscore in its name, which is a pattern in a grant, and what a dump of it needs. */
  const prepared = async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, objects, { database });
    return { server, database, needed: [`${ofDatabase.join(', ')} ON ${database}.*`, routineRight[name](database)] };
  };

  it('a user with exactly the rights that are documented gets everything', { timeout: coldStart }, async () => {
    const { server, database, needed } = await prepared();
    const { scan } = await mysqlDumpOf(mysqlUrl(await newMysqlUser(server, ...needed), database));
    expect(scan.objects).toEqual({ TABLE: 1, VIEW: 1, TRIGGER: 1, PROCEDURE: 1, FUNCTION: 1, EVENT: 1 });
    expect(scan.tables).toMatchObject([{ name: 't', rows: 1 }]);
  });

  it('a user who lacks everything is told all at once', async () => {
    const { server, database } = await prepared();
    const user = await newMysqlUser(server, `INSERT ON ${database}.*`);
    await expect(examine(user, database)).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringMatching(/needs: SELECT, SHOW VIEW, TRIGGER, EVENT, (SHOW_ROUTINE|SHOW CREATE ROUTINE|SELECT)\. /),
    });
  });

  it('a user who may not enter the database at all is refused by the server', async () => {
    const { server, database } = await prepared();
    await expect(examine(await newMysqlUser(server), database)).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringMatching(/Access denied .*to database/),
    });
  });

  it('a right on one table, or on another database, is not one on the database', async () => {
    const { server, database, needed } = await prepared();
    const other = await newMysqlDatabase(server);
    const user = await newMysqlUser(
      server,
      `SELECT ON ${database}.t`,
      `SELECT ON ${other}.*`,
      `SHOW VIEW, TRIGGER, EVENT ON ${database}.*`,
      ...needed.slice(1),
    );
    expect((await examine(user, database)).remarks.join()).toMatch(/TABLES: .*GRANT SELECT ON /);
  });

  it.each(['ALL PRIVILEGES ON *.*', 'SELECT, SHOW VIEW, TRIGGER, EVENT ON *.*', 'a pattern'])('the rights can come from %s', async (grant) => {
    const { server, database } = await prepared();
    const pattern = [`${ofDatabase.join(', ')} ON \`${database.slice(0, -3).replaceAll('_', '\\_')}%\`.*`, withoutEntry(name)];
    const wide = grant === 'a pattern' ? pattern : [grant];
    expect(await examine(await newMysqlUser(server, ...wide), database)).toMatchObject({ tables: 1 });
  });

  it('of two entries that match the database the one counts that the server looks at', async () => {
    const { server, database } = await prepared();
    const ofRoutines = withoutEntry(name);
    const [all, pattern, exact] = [ofDatabase.join(', '), `\`${database.slice(0, -1)}%\`.*`, `\`${database.replaceAll('_', '\\_')}\`.*`];
    const fooled = await newMysqlUser(server, `${all} ON ${pattern}`, `EVENT ON ${exact}`, ofRoutines);
    await expect(examine(fooled, database)).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringMatching(/needs: SELECT, SHOW VIEW, TRIGGER\. /),
    });
    const unharmed = await newMysqlUser(server, `EVENT ON ${pattern}`, `${all} ON ${exact}`, ofRoutines);
    expect(await examine(unharmed, database)).toMatchObject({ tables: 1 });
  });

  it('the rights can come from a role that is active from the beginning, and not from one that is not', async () => {
    const { server, database, needed } = await prepared();
    const role = `r_${database}`;
    await mysqlQuery(server, [`CREATE ROLE ${role}`, ...needed.map((grant) => `GRANT ${grant} TO ${role}`)].join('; '));
    onTestFinished(() => mysqlQuery(server, `DROP ROLE ${role}`).then(() => undefined));
    const user = await newMysqlUser(server, `INSERT ON ${database}.*`);
    const account = `${user.user}@'%'`;
    await mysqlQuery(server, `GRANT ${role} TO ${account}`);
    await expect(examine(user, database)).rejects.toMatchObject({ name: 'AccessDeniedError' });
    await mysqlQuery(server, familyOfServer(name) === 'mysql' ? `SET DEFAULT ROLE ${role} TO ${account}` : `SET DEFAULT ROLE ${role} FOR ${account}`);
    const { scan } = await mysqlDumpOf(mysqlUrl(user, database));
    expect(scan.objects).toMatchObject({ VIEW: 1, TRIGGER: 1, PROCEDURE: 1, FUNCTION: 1, EVENT: 1 });
  });
});
