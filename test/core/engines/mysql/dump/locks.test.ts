import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Access } from '../../../../../core/engines/mysql/connect/access.ts';
import { connectionOf } from '../../../../../core/engines/mysql/connect/connection.ts';
import { Session } from '../../../../../core/engines/mysql/connect/session.ts';
import { dump } from '../../../../../core/engines/mysql/dump/dump.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';
import { gathered } from '../../../../support/streams.ts';

/** Another session, which lives until the test has finished. */
async function otherSession(server: MysqlAddress, database: string): Promise<Session> {
  const work = testWork();
  const access = await Access.open(connectionOf(mysqlUrl(server, database)), work.scratch);
  onTestFinished(() => access[Symbol.asyncDispose]());
  const session = await Session.open(server.family, access, work, database);
  onTestFinished(() => session[Symbol.asyncDispose]());
  return session;
}

async function dumpedFrom(server: MysqlAddress, database: string, lockPatience: number, work = testWork()): Promise<string> {
  await using dumping = await dump(mysqlSource(mysqlUrl(server, database)), work, { lockPatience });
  return (await gathered(dumping.bytes)).toString();
}

describe.each(mysqlServerNames)('%s', { timeout: coldStart }, (name) => {
  async function prepared(sql = 'CREATE TABLE person (id INT PRIMARY KEY); INSERT INTO person VALUES (1)') {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, sql, { database });
    return { server, database };
  }

  it("a dump does not wait for ever for another session's lock, and names the table and the session", async () => {
    const { server, database } = await prepared();
    const other = await otherSession(server, database);
    const [id] = await other.ask('SELECT CONNECTION_ID()');
    await other.ask('LOCK TABLES person WRITE');
    const work = testWork();

    await expect(dumpedFrom(server, database, 1000, work)).rejects.toMatchObject({
      name: 'SourceLockedError',
      message: expect.stringMatching(
        new RegExp(`waited \\d+ s for a lock on \`person\`.*\\(Waiting for .*\\. Other sessions with ${database}: ${id} of root@`),
      ),
    });
    expect(leftIn(work)).toEqual([]);
  });

  it('a user who may not see other sessions is told so', async () => {
    const { server, database } = await prepared();
    const rights =
      server.name === 'mariadb-10.11' ? ['SELECT ON mysql.proc'] : [server.family === 'mysql' ? 'SHOW_ROUTINE ON *.*' : `SHOW CREATE ROUTINE ON ${database}.*`];
    const user = await newMysqlUser(server, `SELECT, SHOW VIEW, TRIGGER, EVENT ON ${database}.*`, ...rights);
    await (await otherSession(server, database)).ask('LOCK TABLES person WRITE');

    await expect(dumpedFrom(user, database, 1000)).rejects.toMatchObject({
      name: 'SourceLockedError',
      message: expect.stringMatching(/lock on `person`.*the right PROCESS/),
    });
  });

  // MariaDB 10.11 waits as 11.8 does
  if (name === 'mariadb-10.11') return;

  it('a statement that waits for others and lets nobody pass ends a dump, and is named by its kind alone', async () => {
    const { server, database } = await prepared();
    const [reading, altering] = [await otherSession(server, database), await otherSession(server, database)];
    await reading.ask('START TRANSACTION');
    await reading.ask('SELECT * FROM person');
    const waiting = altering.ask("ALTER TABLE person COMMENT 'a secret', ADD later INT").catch(() => undefined);
    await sleep(500);

    // MySQL finds by itself that the two wait for each other
    const said = server.family === 'mysql' ? /`person`.*Deadlock.*waits to change a table/ : /`person`.*\(ALTER TABLE for \d+ s\)/;
    const failed = dumpedFrom(server, database, 1000);

    await expect(failed).rejects.toMatchObject({ name: 'SourceLockedError', message: expect.stringMatching(said) });
    await expect(failed).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
    await reading.ask('COMMIT');
    await waiting;
  });

  it('a lock that is given back in time is waited for', async () => {
    const { server, database } = await prepared();
    const other = await otherSession(server, database);
    await other.ask('LOCK TABLES person WRITE');

    const dumping = dumpedFrom(server, database, 60_000);
    await expect
      .poll(() => mysqlQuery(server, `SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '${database}' AND STATE LIKE 'Waiting for%'`), {
        timeout: 60_000,
      })
      .toBe('1');
    await other.ask('UNLOCK TABLES');

    expect(await dumping).toContain('INSERT INTO `person`');
  });

  it('a dump that nobody reads for a while waits for no lock', async () => {
    const { server, database } = await prepared(
      "CREATE TABLE large (id INT AUTO_INCREMENT PRIMARY KEY, text LONGTEXT); INSERT INTO large (text) VALUES (REPEAT('x', 4000000)), (REPEAT('y', 4000000)), (REPEAT('z', 4000000))",
    );
    await using dumping = await dump(mysqlSource(mysqlUrl(server, database)), testWork(), { lockPatience: 200 });
    const blocks = dumping.bytes[Symbol.asyncIterator]();
    await blocks.next();

    await sleep(1500);

    while (!(await blocks.next()).done);
    expect(dumping.scan().tables).toMatchObject([{ name: 'large', rows: 3 }]);
  });
});
