import { describe, expect, it, onTestFinished } from 'vitest';
import type { Dump } from '../../../../../core/engines/engine.ts';
import { dump } from '../../../../../core/engines/postgres/dump/dump.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { query, type ServerAddress, startPostgresServer } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { postgresSource, urlOf } from '../../../../support/postgres-work.ts';
import { children } from '../../../../support/processes.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Far more than pipes hold, so that a dump that nobody reads stands still in the middle. */
const rows = 30_000;
const sample = `CREATE TABLE large (id integer, text text); INSERT INTO large SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, ${rows}) n; CREATE TABLE small (id integer)`;

/** A dump that has given its first block. What else happens, happens in its middle. */
async function begun(server: ServerAddress, database: string, work = testWork()): Promise<{ dumping: Dump; rest(): Promise<void> }> {
  const dumping = await dump(postgresSource(urlOf(server, database)), work);
  onTestFinished(() => dumping[Symbol.asyncDispose]());
  const blocks = dumping.bytes[Symbol.asyncIterator]();
  await blocks.next();
  const rest = async () => {
    while (!(await blocks.next()).done);
  };
  return { dumping, rest };
}

async function largeDatabase(server: ServerAddress): Promise<string> {
  const database = await newDatabase(server);
  await query(server, sample, { database });
  return database;
}

describe('a dump', () => {
  it(
    'goes on without tables that a session or a prepared transaction keeps locked, and names them with their columns and who locks them',
    async () => {
      const server = await postgresServer(18);
      const database = await largeDatabase(server);
      await query(server, `CREATE TABLE forgotten (id integer); BEGIN; ALTER TABLE forgotten ADD added text; PREPARE TRANSACTION '${database}'`, { database });
      onTestFinished(async () => void (await query(server, `ROLLBACK PREPARED '${database}'`, { database })));
      const locking = query(server, 'BEGIN; LOCK TABLE small IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)', { database });
      locking.catch(() => undefined); // ended when the database is dropped
      await expect
        .poll(() => query(server, "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'small'::regclass", { database }))
        .toBe('1');
      await using dumping = await dump(postgresSource(urlOf(server, database)), testWork(), { locks: 300 });
      for await (const _ of dumping.bytes);
      expect(dumping.scan().tables).toMatchObject([{ name: 'public.large', rows }]);
      const flaws = dumping.scan().flaws ?? [];
      expect(flaws).toMatchObject(
        ['forgotten', 'small'].map((name) => ({
          what: expect.stringContaining(`TABLE public.${name}: another session kept it locked`),
          remedy: expect.stringContaining('id integer'),
        })),
      );
      const asked = flaws.map(({ remedy }) => query(server, /\((SELECT pid.*?::regclass)\)/.exec(remedy)?.[1] ?? '', { database }));
      expect(await Promise.all(asked)).toEqual([`||${database}`, expect.stringMatching(/^\d+\|BEGIN; LOCK TABLE small|^\d+\|SELECT pg_sleep\(60\)\|$/)]);
    },
    coldStart,
  );

  it('keeps TRUNCATE and ALTER waiting, and holds every row', async () => {
    const server = await postgresServer(18);
    const database = await largeDatabase(server);
    const { dumping, rest } = await begun(server, database);
    for (const change of ['TRUNCATE small, large', 'ALTER TABLE small ADD added integer'])
      await expect(query(server, `SET lock_timeout = '200ms'; ${change}`, { database })).rejects.toThrow('lock timeout');
    await rest();
    expect(dumping.scan().tables).toMatchObject([{ name: 'public.large', rows }, { rows: 0 }]);
  });

  it('does not hold what was written after it began', async () => {
    const server = await postgresServer(18);
    const database = await largeDatabase(server);
    const { dumping, rest } = await begun(server, database);
    await query(server, 'INSERT INTO small VALUES (1); CREATE TABLE later (id integer)', { database });
    await rest();
    expect(dumping.scan().tables).toMatchObject([{ rows }, { name: 'public.small', rows: 0 }]);
  });

  const ends: [string, string, (server: ServerAddress, database: string) => Promise<unknown>][] = [
    [
      'whose connection is ended',
      'SourceUnreachableError',
      (server, database) =>
        query(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg_dump'", {
          database,
        }),
    ],
    ['whose pg_dump is killed', 'ToolFailedError', async () => children('pg_dump').map((pid) => process.kill(pid, 'SIGKILL'))],
  ];
  it.each(ends)('%s in the middle is an error and leaves nothing', async (_, name, end) => {
    const server = await postgresServer(18);
    const database = await largeDatabase(server);
    const work = testWork();
    const { dumping, rest } = await begun(server, database, work);
    expect(children('pg_dump')).toHaveLength(1);
    await end(server, database);
    await expect(rest()).rejects.toMatchObject({ name });
    expect(() => dumping.scan()).toThrow();
    await dumping[Symbol.asyncDispose]();
    expect([...children('pg_dump'), ...children('psql'), ...leftIn(work)]).toEqual([]);
  });

  it('whose server is stopped in the middle is an error and leaves nothing', async () => {
    await using server = await startPostgresServer(18);
    await query(server, sample);
    const { dumping, rest } = await begun(server, 'postgres');
    process.kill(server.pid, 'SIGQUIT');
    await expect(rest()).rejects.toMatchObject({ name: 'SourceUnreachableError' });
    await dumping[Symbol.asyncDispose]();
    expect([...children('pg_dump'), ...children('psql')]).toEqual([]);
  });
});
