import { expect, it, onTestFinished } from 'vitest';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { query, startPostgresServer } from '../../../../support/postgres-server.ts';
import { primarySettings, startStandby } from '../../../../support/postgres-standby.ts';
import { judged, postgresDump, postgresSource, restoredInto, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

it.each([18, 15] as const)(
  'a standby of %i is backed up and proven but for the rows of unlogged tables, which are named',
  { timeout: coldStart },
  async (version) => {
    const primary = await startPostgresServer(version, { settings: primarySettings });
    onTestFinished(() => primary[Symbol.asyncDispose]());
    await query(
      primary,
      `CREATE TABLE t (id int PRIMARY KEY, n int GENERATED ALWAYS AS (id + 1) STORED); INSERT INTO t VALUES (1), (2); CREATE SEQUENCE s; SELECT nextval('s');
    CREATE UNLOGGED TABLE cache (id int GENERATED ALWAYS AS IDENTITY, n int GENERATED ALWAYS AS (1) STORED); INSERT INTO cache DEFAULT VALUES; CREATE UNLOGGED SEQUENCE loose; SELECT nextval('loose')`,
    );
    const standby = await startStandby(primary);
    const dump = await postgresDump(urlOf(standby, 'postgres'));
    const { verdict, differences, flaws, unproven, notes } = await judged(dump);
    expect({ verdict, differences, flaws, notes }).toEqual({ verdict: 'partial', differences: [], flaws: [], notes: [] });
    expect(unproven).toEqual(
      [
        'rows of the unlogged table public.cache are',
        'value of the unlogged sequence public.cache_id_seq is',
        'value of the unlogged sequence public.loose is',
      ].map((what) => `the ${what} on the primary only; this is a standby`),
    );
    expect(dump.scan.tables).toMatchObject([{ name: 'public.t', rows: 2 }]);
    await query(primary, 'CREATE DATABASE copy');
    expect(await restoredInto(primary, dump, { database: 'copy' })).toMatchObject({ rows: 2, notes: [] });
  },
);

it('a dump of a standby that a change of the primary ends is told so, with the settings that let it finish', { timeout: coldStart }, async () => {
  const primary = await startPostgresServer(18, { settings: { ...primarySettings, synchronous_commit: 'on' } });
  onTestFinished(() => primary[Symbol.asyncDispose]());
  // far more than pipes hold
  await query(primary, 'CREATE TABLE large (id int, text text); INSERT INTO large SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, 100000) n');
  const standby = await startStandby(primary, { max_standby_streaming_delay: '0' });
  await using dumping = await postgresEngine.dump(postgresSource(urlOf(standby, 'postgres')), testWork());
  const blocks = dumping.bytes[Symbol.asyncIterator]();
  await blocks.next();
  await query(primary, 'TRUNCATE large');
  const until = await query(primary, 'SELECT pg_current_wal_flush_lsn()');
  // it is replayed once the session of the dump, whose output nobody takes, can notice the conflict
  await expect.poll(() => query(standby, `SELECT pg_last_wal_receive_lsn() >= '${until}'`)).toBe('t');
  const rest = async () => {
    while (!(await blocks.next()).done);
  };
  await expect(rest()).rejects.toMatchObject({
    name: 'SourceLockedError',
    message: expect.stringMatching(/conflict with recovery.*hot_standby_feedback = on.*max_standby_streaming_delay/),
  });
});
