import { expect, it } from 'vitest';
import { parseConfig } from '../../../../../core/config/config.ts';
import { LocalTools } from '../../../../../local/tools.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { TestLog } from '../../../../support/log.ts';
import { query, startPostgresServer } from '../../../../support/postgres-server.ts';
import { postgresServer } from '../../../../support/postgres-servers.ts';
import { dumpedFrom, postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Work for a database of this configuration. */
function workWith(scratchServer: { packages?: string[]; preload?: string[] }) {
  const { databases } = parseConfig(
    { databases: { main: { engine: 'postgres', connection: { url: 'postgres://u@127.0.0.1/shop' }, scratchServer } } },
    'the test',
  );
  const log = new TestLog();
  return { ...testWork(), log, tools: new LocalTools(log, databases), settings: databases.main };
}

const withPackages = { packages: ['pgvector', 'cron', 'postgis-3'], preload: ['pg_cron'] };

it("a database with extensions of Debian's packages, one of which must be preloaded, is proven once the configuration names them", {
  timeout: 2 * coldStart,
}, async () => {
  const work = workWith(withPackages);
  const launch = (await work.tools.server('postgres', work.signal)) as (program: string) => ReturnType<Awaited<ReturnType<LocalTools['server']>>>;
  await using source = await startPostgresServer(18, { launch, settings: { shared_preload_libraries: 'pg_cron', 'cron.database_name': 'shop' } });
  await query(source, 'CREATE DATABASE shop TEMPLATE template0');
  const sql = `CREATE EXTENSION vector; CREATE EXTENSION pg_cron; CREATE TABLE item (id integer PRIMARY KEY, embedding vector(3));
    INSERT INTO item VALUES (1, '[1,2,3]'), (2, '[0.25,0,-1]'); CREATE INDEX nearest ON item USING hnsw (embedding vector_l2_ops);
    CREATE EXTENSION postgis; CREATE TABLE place (id integer PRIMARY KEY, at geometry(Point, 4326), plan geography); CREATE INDEX ON place USING gist (at);
    INSERT INTO place VALUES (1, ST_SetSRID(ST_MakePoint(-52.33, 4.92), 4326), 'POINT(1 2)');
    INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, proj4text, srtext) VALUES (990001, 'own', 1, '+proj=longlat +datum=WGS84', 'none');
    SELECT cron.schedule('cleaning', '* * * * *', 'DELETE FROM public.item WHERE id > 2')`;
  await query(source, sql, { database: 'shop' });
  const dumped = await postgresDump(urlOf(source, 'shop'));

  expect(dumped.scan.tables).toContainEqual(expect.objectContaining({ name: 'public.spatial_ref_sys', rows: 1 })); // the user's own
  expect(await postgresProof(dumped, work)).toMatchObject({ differences: [], flaws: [], unproven: [] });
  const without = (await postgresProof(dumped)).unproven.join('\n');
  for (const extension of ['vector', 'pg_cron', 'postgis']) expect(without).toContain(`extension ${extension} could not be made`);
  expect(without).toContain('the rows of public.place came back equal, in columns of text');
  const { unproven } = await postgresProof(dumped, { ...work, settings: undefined });
  expect(unproven.join('\n')).toMatch(/extension pg_cron could not be made/);
  expect(unproven.join('\n')).not.toContain('vector');
});

it('a package or library that cannot be had costs no proof, and is told', { timeout: coldStart }, async () => {
  const work = workWith({ packages: ['nobody-made-this'], preload: ['nobody_made_this'] });
  const dumped = await dumpedFrom(await postgresServer(18), 'CREATE TABLE t (a integer); INSERT INTO t VALUES (1)');
  const { differences, flaws, unproven } = await postgresProof(dumped, work);
  expect({ differences, flaws }).toEqual({ differences: [], flaws: [] });
  expect(unproven).toEqual([expect.stringMatching(/^the scratch server could not preload nobody_made_this: .*could not access file "nobody_made_this"/s)]);
  expect(work.log.lines.join('\n')).toContain('sid has no package postgresql-18-nobody-made-this; the configuration names it');
});
