import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Access } from '../../../../../core/engines/mysql/connect/access.ts';
import { connectionOf } from '../../../../../core/engines/mysql/connect/connection.ts';
import { Session } from '../../../../../core/engines/mysql/connect/session.ts';
import { dump } from '../../../../../core/engines/mysql/dump/dump.ts';
import { mysqlDump } from '../../../../../core/engines/mysql/dump/tool.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const routineRight = {
  'mysql-9.7': () => 'SHOW_ROUTINE ON *.*',
  'mariadb-11.8': (database: string) => `SHOW CREATE ROUTINE ON ${database}.*`,
  'mariadb-10.11': () => 'SELECT ON mysql.proc',
};

/** Read first, so that a snapshot seldom meets it altered; then more than pipes and buffers hold. */
const tables = `CREATE TABLE a_hot (id INT PRIMARY KEY, n INT); INSERT INTO a_hot VALUES (1, 1);
  CREATE TABLE b_large (text LONGTEXT); INSERT INTO b_large VALUES (REPEAT('x', 8000000)), (REPEAT('y', 8000000))`;
/** As many dumps are to succeed, of so many attempts at most: each can meet the table while it is emptied. */
const [wanted, attempts] = [3, 40];

/** A session that lives as long as `working`. */
async function withSession<T>(server: MysqlAddress, database: string, working: (session: Session) => Promise<T>): Promise<T> {
  const work = testWork();
  await using access = await Access.open(connectionOf(mysqlUrl(server, database)), work.scratch);
  await using session = await Session.open(server.family, access, work, database);
  return await working(session);
}

/** Empties the table every 0.3 s and reads it all the time while `dumping` is tried again and again. Gives the slowest read in milliseconds, and how many dumps succeeded. */
async function besides(server: MysqlAddress, database: string, dumping: () => Promise<void>): Promise<{ slowest: number; succeeded: number }> {
  let isOver = false;
  let slowest = 0;
  let succeeded = 0;
  const writing = withSession(server, database, async (session) => {
    for (; !isOver; await sleep(300)) await session.ask('TRUNCATE TABLE a_hot');
  });
  const reading = withSession(server, database, async (session) => {
    for (; !isOver; await sleep(5)) {
      const begun = performance.now();
      await session.ask('SELECT COUNT(*) FROM a_hot');
      slowest = Math.max(slowest, performance.now() - begun);
    }
  });
  const refused: Error[] = [];
  for (let attempt = 1; attempt <= attempts && succeeded < wanted; attempt++) {
    await dumping().then(
      () => succeeded++,
      (error: Error) => refused.push(error),
    );
  }
  isOver = true;
  await Promise.all([writing, reading]);
  // altered after the snapshot, or a deadlock that MySQL ends by itself: a repeat can mend both
  for (const { name, message } of refused)
    expect(`${name}: ${message}`).toMatch(/^DumpIncompleteError: .*a_hot.*emptied or altered|^SourceLockedError: .*a_hot.*Deadlock/);
  return { slowest, succeeded };
}

async function drained(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of bytes);
}

describe.each(mysqlServerNames)('%s', { timeout: coldStart }, (name) => {
  it('a user who may have one connection alone is enough, though the dump waits for a lock for a while', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, tables, { database });
    const user = await newMysqlUser(server, `SELECT, SHOW VIEW, TRIGGER, EVENT ON ${database}.*`, routineRight[name](database));
    await mysqlQuery(server, `ALTER USER ${user.user}@'%' WITH MAX_USER_CONNECTIONS 1`);

    await withSession(server, database, async (other) => {
      await other.ask('LOCK TABLES b_large WRITE');
      await using dumping = await dump(mysqlSource(mysqlUrl(user, database)), testWork(), { lockPatience: 300 });
      const reading = drained(dumping.bytes);
      await sleep(2000);
      await other.ask('UNLOCK TABLES');
      await reading;
      expect(dumping.scan().tables).toMatchObject([{ name: 'a_hot' }, { name: 'b_large', rows: 2 }]);
    });
  });

  it('the one connection of a user is waited for, if it is free in a moment', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, 'CREATE TABLE t (a INT)', { database });
    const user = await newMysqlUser(server, `SELECT, SHOW VIEW, TRIGGER, EVENT ON ${database}.*`, routineRight[name](database));
    await mysqlQuery(server, `ALTER USER ${user.user}@'%' WITH MAX_USER_CONNECTIONS 1`);
    const work = testWork();
    await using access = await Access.open(connectionOf(mysqlUrl(user, database)), work.scratch);
    const reading = await withSession(user, database, async () => {
      const begun = drained(mysqlDump(work, { family: server.family, access, database, extra: [] }));
      begun.catch(() => undefined); // the assertion below is later
      await sleep(300);
      return { begun };
    });
    await reading.begun;
  });

  // MariaDB 10.11 is dumped by the tool of 11.8
  if (name === 'mariadb-10.11') return;

  it('a dump lets a table be emptied while others read it, and makes no reader wait much longer than the tool alone does', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, tables, { database });
    const work = testWork();
    await using access = await Access.open(connectionOf(mysqlUrl(server, database)), work.scratch);

    const alone = await besides(server, database, () => drained(mysqlDump(work, { family: server.family, access, database, extra: [] })));
    const ours = await besides(server, database, async () => {
      await using dumping = await dump(mysqlSource(mysqlUrl(server, database)), testWork());
      await drained(dumping.bytes);
    });

    expect([alone.succeeded, ours.succeeded]).toEqual([wanted, wanted]);
    expect(ours.slowest).toBeLessThan(5000 + 5 * alone.slowest);
  });
});
