import { expect, it } from 'vitest';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { pgbouncer } from '../../../../support/pgbouncer.ts';
import { query, type ServerAddress } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { postgresDump, postgresProof, postgresSource, restoredInto, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const sample = "CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'one')";

/** Asks as an application does, in as many sessions at once, each in a transaction: each has a connection of its own. */
function asked(pooled: ServerAddress, database: string, sessions: number): Promise<string[]> {
  const sql = "BEGIN; SELECT current_setting('search_path'); SELECT name FROM t WHERE pg_sleep(0.5) IS NOT NULL; COMMIT";
  const one = () => query(pooled, sql, { database, overSocket: false, environment: { PGSSLMODE: 'disable' } });
  return Promise.all(Array.from({ length: sessions }, one));
}

it.each([
  ['that refuses settings at the start', {}, 1],
  ['that drops settings at the start', { ignore_startup_parameters: 'options' }, 1],
  ['that gives its connections in turn', { server_round_robin: '1' }, 3],
] as const)(
  'a pooler of transactions %s is refused by dumps, checks and restores, and leaves the application’s connections as they were',
  { timeout: coldStart },
  async (_, settings, sessions) => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    const empty = await newDatabase(server);
    await query(server, sample, { database });
    const dump = await postgresDump(urlOf(server, database));
    const pooled = { ...server, port: await pgbouncer(server, { pool_mode: 'transaction', ...settings }) };
    const before = await asked(pooled, database, sessions);
    expect(before).toEqual(Array(sessions).fill('"$user", public\none'));
    const refused = { name: 'ConfigurationError', message: expect.stringMatching(/pooler.*another connection.*Name the server itself/s) };
    const url = urlOf(pooled, database);
    await expect(postgresDump(url)).rejects.toMatchObject(refused);
    await expect(postgresEngine.examine(postgresSource(url), testWork())).rejects.toMatchObject(refused);
    await expect(restoredInto(pooled, dump, { database: empty })).rejects.toMatchObject(refused);
    expect(await asked(pooled, database, sessions)).toEqual(before);
  },
);

it('a pooler of whole sessions is as good as the server', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  await query(server, sample, { database });
  const pooled = { ...server, port: await pgbouncer(server, { pool_mode: 'session' }) };
  const dump = await postgresDump(urlOf(pooled, database));
  expect(await postgresProof(dump)).toMatchObject({ differences: [], flaws: [], unproven: [] });
  expect(await restoredInto(pooled, dump, { database: await newDatabase(server) })).toMatchObject({ rows: 1 });
  expect(await asked(pooled, database, 1)).toEqual(['"$user", public\none']);
});
