import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testWork } from '../../../../support/engine-work.ts';
import { plainDump } from '../../../../support/postgres-dump.ts';
import { query, type ServerAddress, startPostgresServer } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { identifier, newRole, postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Large enough that a dump takes a moment, and a table that somebody empties and fills all the time. */
const sample = `CREATE TABLE large (id integer, text text); INSERT INTO large SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, 20000) n;
  CREATE TABLE busy (id integer); INSERT INTO busy VALUES (1)`;

/** Whether somebody keeps the busy table from its readers. */
const exclusive = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE l.mode = 'AccessExclusiveLock' AND c.relname = 'busy'";

/** Truncates the busy table every `pause` seconds until it is stopped. */
function writer(server: ServerAddress, database: string, pause: number): { stop(): Promise<void> } {
  let isStopping = false;
  const turns = `LOOP TRUNCATE busy; INSERT INTO busy VALUES (1); COMMIT; PERFORM pg_sleep(${pause}); END LOOP`;
  const work = query(server, `DO $$ BEGIN ${turns}; END $$`, { database }).catch((error: Error) => {
    if (!isStopping) throw error;
  });
  const stop = async () => {
    isStopping = true;
    await query(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND query LIKE 'DO %'`);
    await work;
  };
  onTestFinished(stop);
  return { stop };
}

/** Reads the busy table again and again while `work` lasts. Gives the slowest read, in seconds. */
async function slowestRead(server: ServerAddress, database: string, work: () => Promise<unknown>): Promise<number> {
  let [isOver, slowest] = [false, 0];
  const reading = (async () => {
    while (!isOver) {
      const begun = performance.now();
      await query(server, 'SELECT count(*) FROM busy', { database });
      slowest = Math.max(slowest, performance.now() - begun);
      await setTimeout(30); // a read is a program that starts
    }
  })();
  await work().finally(() => {
    isOver = true;
  });
  await reading;
  return slowest / 1000;
}

describe('a table that is truncated every 0.3 s', () => {
  it('stops no backup, and its readers wait no longer than for pg_dump alone', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, sample, { database });
    const { stop } = writer(server, database, 0.3);
    const alone = await slowestRead(server, database, async () => {
      for (let turn = 0; turn < 2; turn++) await plainDump(server, database);
    });
    const ours = await slowestRead(server, database, async () => {
      for (let turn = 0; turn < 2; turn++) {
        const { scan } = await postgresDump(urlOf(server, database));
        expect(scan.tables).toContainEqual(expect.objectContaining({ name: 'public.large', rows: 20_000 }));
      }
    });
    await stop();
    // a wait for our own session would last until a lock's patience is over: a minute
    expect(ours).toBeLessThan(5 * alone + 10);
  });
});

it('a table that is dropped between snapshot and lock stops no backup', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  await query(server, sample, { database });
  const dropping = query(server, 'BEGIN; DROP TABLE busy; SELECT pg_sleep(2); COMMIT', { database });
  await expect.poll(() => query(server, exclusive, { database })).toBe('1');
  const { scan } = await postgresDump(urlOf(server, database));
  await dropping;
  expect(scan.tables.map(({ name }) => name)).toEqual(['public.large']);
});

describe('a table that is rewritten between snapshot and lock, each time', () => {
  it('is named by the scan and makes the proof partial: its rows may not be in the dump', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    // a catalogue that takes pg_dump long enough, so that the table is met in every turn
    await query(server, `${sample}; SELECT format('CREATE TABLE t_%s (id integer)', n) FROM generate_series(1, 200) n \\gexec`, { database });
    const { stop } = writer(server, database, 0.005);
    const dumped = await postgresDump(urlOf(server, database));
    await stop();
    expect(dumped.scan.source?.rewritten).toEqual(['public.busy']);
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [expect.stringMatching(/^public\.busy was rewritten/)] });
  });

  it('is dumped with its rows as soon as that is over', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, sample, { database });
    // holds its lock while the first dump begins; the rewriting is committed when pg_dump gets the table
    const changing = query(server, 'BEGIN; ALTER TABLE busy ALTER id TYPE bigint; SELECT pg_sleep(2); COMMIT', { database });
    await expect.poll(() => query(server, exclusive, { database })).toBe('1');
    const { scan } = await postgresDump(urlOf(server, database));
    await changing;
    expect(scan.source?.rewritten).toBeUndefined();
    expect(scan.tables).toContainEqual(expect.objectContaining({ name: 'public.busy', rows: 1 }));
  });
});

describe('a server at its limits', () => {
  const sources: [string, (server: ServerAddress, database: string) => Promise<string>][] = [
    ['the role', async (server) => newRole(server, { options: "PASSWORD 'p' CONNECTION LIMIT 1 IN ROLE pg_read_all_data" })],
    [
      'the database',
      async (server, database) => {
        await query(server, `ALTER DATABASE ${identifier(database)} CONNECTION LIMIT 1`);
        return newRole(server, { options: "PASSWORD 'p' IN ROLE pg_read_all_data" });
      },
    ],
  ];
  it.each(sources)('one connection is enough when %s may have no more', { timeout: coldStart }, async (_, limited) => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, sample, { database });
    const user = await limited(server, database);
    const dumped = await postgresDump(urlOf(server, database, { user, password: 'p' }));
    expect(dumped.scan.tables).toContainEqual(expect.objectContaining({ name: 'public.large', rows: 20_000 }));
    expect(dumped.scan.source?.definitions?.TABLE).toHaveProperty(['public.large']);
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [] });
  });

  it('as many tables are dumped as pg_dump can lock by itself', { timeout: coldStart }, async () => {
    // room for the locks of some 2,400 tables by one session, and of 1,700 by two
    await using server = await startPostgresServer(18, {
      settings: { max_locks_per_transaction: '10', max_connections: '100', max_prepared_transactions: '0' },
    });
    await query(server, `SELECT format('CREATE TABLE t_%s (id integer)', n) FROM generate_series(1, 2000) n \\gexec`);
    const { scan } = await postgresDump(urlOf(server, 'postgres'));
    expect(scan.tables).toHaveLength(2000);
  });

  it('a table of an extension that this role may not read or lock stops nothing', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const user = await newRole(server, { options: "PASSWORD 'p'" });
    const database = await newDatabase(server);
    await query(
      server,
      `${sample}; CREATE EXTENSION hstore; CREATE TABLE private (id integer); ALTER TABLE private ENABLE ROW LEVEL SECURITY; ALTER EXTENSION hstore ADD TABLE private; GRANT SELECT ON large, busy TO ${identifier(user)}`,
      { database },
    );
    const { scan } = await postgresDump(urlOf(server, database, { user, password: 'p' }), testWork());
    expect(scan.tables.map(({ name }) => name)).toEqual(['public.busy', 'public.large']);
  });
});
