import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Dump, Work } from '../../../../../core/engines/engine.ts';
import { dump, type Waits } from '../../../../../core/engines/mysql/dump/dump.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { type MysqlServerName, mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { children } from '../../../../support/processes.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Far more than pipes and the server's buffers hold, so that a dump that nobody reads stands still in the middle. */
const sample = `CREATE TABLE a_large (id INT AUTO_INCREMENT PRIMARY KEY, text LONGTEXT); INSERT INTO a_large (text) VALUES (REPEAT('x', 4000000)), (REPEAT('y', 4000000));
  INSERT INTO a_large (text) SELECT text FROM a_large; CREATE TABLE small (id INT) ENGINE = MyISAM; INSERT INTO small VALUES (1)`;

async function largeDatabase(server: MysqlAddress): Promise<string> {
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sample, { database });
  return database;
}

/** A dump that has given its first block. What else happens, happens in its middle. */
async function begun(server: MysqlAddress, database: string, work: Work, waits?: Waits): Promise<{ dumping: Dump; rest(): Promise<void> }> {
  const dumping = await dump(mysqlSource(mysqlUrl(server, database, { 'ssl-mode': 'DISABLED' })), work, waits);
  onTestFinished(() => dumping[Symbol.asyncDispose]());
  const blocks = dumping.bytes[Symbol.asyncIterator]();
  await blocks.next();
  const rest = async () => {
    while (!(await blocks.next()).done);
  };
  return { dumping, rest };
}

/** Our own programs carry a private file of options, and nobody else's do. */
const ours = () => children('access-');

/** A server of each tool: 10.11 is dumped by that of 11.8. */
const tools: MysqlServerName[] = ['mysql-9.7', 'mariadb-11.8'];

describe.each(tools)('on %s', (name) => {
  const ends: [string, string, RegExp, (server: MysqlAddress, database: string) => Promise<unknown>][] = [
    [
      'a connection that is ended by KILL',
      'SourceUnreachableError',
      /./,
      async (server, database) => {
        const reading = `SELECT id FROM information_schema.PROCESSLIST WHERE db = '${database}' AND info LIKE 'SELECT /*!40001%'`;
        // the first block may be the dump's head; what the tool reads next stays until somebody takes it
        await expect.poll(() => mysqlQuery(server, reading), { timeout: 20_000 }).toMatch(/^\d+$/);
        await mysqlQuery(server, `KILL ${await mysqlQuery(server, reading)}`);
      },
    ],
    ['a tool that is killed', 'ToolFailedError', /ended by SIGKILL/, async () => ours().map((pid) => process.kill(pid, 'SIGKILL'))],
  ];
  it.each(ends)('%s in the middle is an error, and nothing is left', { timeout: coldStart }, async (_, error, words, end) => {
    const server = await mysqlServer(name);
    const database = await largeDatabase(server);
    // a server goes on sending as long as the kernel's buffers take it: some 35 MB at most, by net.ipv4.tcp_rmem
    if (error === 'SourceUnreachableError') await mysqlQuery(server, 'INSERT INTO a_large (text) SELECT text FROM a_large; '.repeat(2), { database });
    const work = testWork();
    const { dumping, rest } = await begun(server, database, work);
    expect(ours()).not.toEqual([]);
    await end(server, database);
    await expect(rest()).rejects.toMatchObject({ name: error, message: expect.stringMatching(words) });
    expect(() => dumping.scan()).toThrow();
    await dumping[Symbol.asyncDispose]();
    expect([...ours(), ...leftIn(work)]).toEqual([]);
  });

  it('a reader that is stopped ends the tool, and what stopped it is thrown', async () => {
    const server = await mysqlServer(name);
    const stop = new AbortController();
    const work = testWork({ signal: stop.signal });
    const { dumping, rest } = await begun(server, await largeDatabase(server), work);
    stop.abort(new Error('stopped by the test'));
    await expect(rest()).rejects.toThrow('stopped by the test');
    await dumping[Symbol.asyncDispose]();
    expect([...ours(), ...leftIn(work)]).toEqual([]);
  });

  describe('a server of its own', () => {
    let server: MysqlAddress & AsyncDisposable;
    beforeAll(async () => {
      server = await startMysqlServer(name, { settings: { 'max-allowed-packet': '16M' } });
    }, coldStart);
    afterAll(() => server[Symbol.asyncDispose]());

    it('that takes only smaller packets gives a row that is larger', async () => {
      const made = "CREATE DATABASE d; CREATE TABLE d.t (a LONGTEXT, b LONGBLOB); INSERT INTO d.t VALUES (REPEAT('\\'', 8000000), REPEAT('x', 8000000))";
      await mysqlQuery(server, `${made}; SET GLOBAL max_allowed_packet = 1048576`);
      const { scan, bytes } = await mysqlDumpOf(mysqlUrl(server, 'd'));
      expect(scan.tables).toMatchObject([{ name: 't', rows: 1 }]);
      expect(bytes.length).toBeGreaterThan(32_000_000); // every quote has a backslash, every byte two digits
    });

    it('that freezes is given up after a while, as is one that ends at once, and nothing is left', async () => {
      await mysqlQuery(server, 'SET GLOBAL max_allowed_packet = DEFAULT; CREATE DATABASE frozen');
      await mysqlQuery(server, sample, { database: 'frozen' });
      const work = testWork();
      const { dumping, rest } = await begun(server, 'frozen', work, { patience: 3000 });
      process.kill(server.pid, 'SIGSTOP');
      try {
        await expect(rest()).rejects.toMatchObject({ name: 'SourceUnreachableError', message: expect.stringContaining('received nothing') });
        await dumping[Symbol.asyncDispose]();
      } finally {
        process.kill(server.pid, 'SIGCONT');
      }
      const again = await begun(server, 'frozen', work, { startPatience: 1500 });
      process.kill(server.pid, 'SIGKILL');
      await expect(again.rest()).rejects.toMatchObject({ name: 'SourceUnreachableError' });
      await again.dumping[Symbol.asyncDispose]();
      await expect.poll(() => [...ours(), ...leftIn(work)]).toEqual([]);
    });
  });

  it('what its tool cannot write is left out by name, and everything else is there and proven', { timeout: coldStart }, async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const never = 'ON SCHEDULE EVERY 1 YEAR DISABLE';
    await mysqlQuery(
      server,
      `CREATE TABLE t (id INT, three INT AS (3) VIRTUAL); INSERT INTO t (id) VALUES (1); CREATE VIEW v AS SELECT id FROM t; CREATE EVENT fine ${never} DO SET @x = ';';
       CREATE EVENT in_text ${never} DO SET @x = ';;'; CREATE EVENT in_comment ${never} COMMENT 'a;;b' DO SET @x = 1;
       CREATE TABLE f (a INT AS (1 + 1) STORED); CREATE TABLE \`g\`\`1\` (a INT AS (1 + 1) STORED, b INT AS (3) VIRTUAL); INSERT INTO \`g\`\`1\` VALUES (), ()`,
      { database },
    );
    const work = testWork({ signal: AbortSignal.timeout(50_000) });

    const dumped = await mysqlDumpOf(mysqlUrl(server, database), work);

    // at ;; the tool would never end; MySQL's writes no row of a table that has only generated columns
    const ofTable = { what: expect.stringMatching(/^TABLE g`1: .*only generated columns/), remedy: expect.stringMatching(/definition: CREATE TABLE/) };
    const ofEvents = ['in_comment', 'in_text'].map((event) => ({
      what: expect.stringMatching(`^EVENT ${event}: .*";;"`),
      remedy: expect.stringContaining('CREATE '),
    }));
    const { flaws = [], tables, objects } = dumped.scan;
    expect(flaws.toSorted((one, other) => one.what.localeCompare(other.what))).toEqual(name === 'mysql-9.7' ? [...ofEvents, ofTable] : ofEvents);
    expect(objects).toMatchObject({ EVENT: 1, VIEW: 1 });
    expect(tables).toMatchObject([{ name: 'f', rows: 0 }, ...(name === 'mysql-9.7' ? [] : [{ name: 'g`1', rows: 2 }]), { name: 't', rows: 1 }]);
    expect(await mysqlProof(dumped, work)).toMatchObject({ differences: [], unproven: [], flaws: [] });
    expect(leftIn(work)).toEqual([]);
  });
});

describe.each(mysqlServerNames)('on %s', (name) => {
  it('a table that is altered in the middle is an error, and nothing is left', { timeout: coldStart }, async () => {
    const server = await mysqlServer(name);
    const database = await largeDatabase(server);
    await mysqlQuery(server, 'CREATE TABLE b_later (id INT PRIMARY KEY); INSERT INTO b_later VALUES (1)', { database });
    const work = testWork();
    const { dumping, rest } = await begun(server, database, work);
    await mysqlQuery(server, 'ALTER TABLE b_later ADD added INT DEFAULT 1, FORCE', { database });
    await expect(rest()).rejects.toMatchObject({ name: 'DumpIncompleteError', message: expect.stringMatching(/emptied or altered during the dump/) });
    expect(() => dumping.scan()).toThrow();
    await dumping[Symbol.asyncDispose]();
    expect([...ours(), ...leftIn(work)]).toEqual([]);
  });

  it('does not hold what was written after it began, but what was written to a table without transactions, and says so', async () => {
    const server = await mysqlServer(name);
    const database = await largeDatabase(server);
    await mysqlQuery(server, 'CREATE TABLE safe (id INT PRIMARY KEY)', { database });
    const { dumping, rest } = await begun(server, database, testWork());
    await mysqlQuery(server, 'INSERT INTO safe VALUES (1); INSERT INTO small VALUES (2); CREATE TABLE later (id INT)', { database });
    await rest();
    const { tables, warnings } = dumping.scan();
    expect(tables).toMatchObject([
      { name: 'a_large', rows: 4 },
      { name: 'safe', rows: 0 },
      { name: 'small', rows: 2 },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^these tables have no transactions.*: small \(MyISAM\)$/)]);
  });
});
