import { expect, it, onTestFinished, vi } from 'vitest';
import { givesNamespaces } from '../../../../support/network.ts';
import { listeningPeer } from '../../../../support/peer.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

it('a proof of materialised views that were filled from another server connects to nobody, and names them, in a network namespace or where the system gives none', {
  timeout: coldStart,
}, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const peer = await listeningPeer({ onward: server.port });
  const { port } = peer;
  const address = `hostaddr=127.0.0.1 port=${port} dbname=postgres user=${server.user} password=${server.password}`;
  await query(
    server,
    `CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink; CREATE TABLE t (id int); INSERT INTO t VALUES (1);
    CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '${port}', dbname 'postgres');
    CREATE USER MAPPING FOR PUBLIC SERVER here OPTIONS (user '${server.user}', password '${server.password}');
    CREATE FOREIGN TABLE dbs (datname name) SERVER here OPTIONS (schema_name 'pg_catalog', table_name 'pg_database');
    CREATE MATERIALIZED VIEW names AS SELECT datname::text FROM dbs;
    CREATE MATERIALIZED VIEW linked AS SELECT * FROM dblink('${address}', 'SELECT 1') AS l (one int);
    CREATE FUNCTION asks(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM public.dblink_connect('${address}'); RETURN true; END $f$;
    CREATE TABLE checked (n int CHECK (asks(n)))`,
    { database },
  );
  const before = peer.connections;
  expect(before).toBeGreaterThanOrEqual(2);
  const dumped = await postgresDump(urlOf(server, database));
  // what is restored must not be able to connect by itself either
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const isWithout of givesNamespaces ? [true, false] : [true]) {
    if (isWithout) vi.stubEnv('PATH', '');
    else vi.unstubAllEnvs();
    const { differences, unproven } = await postgresProof(dumped);
    expect(peer.connections).toBe(before);
    expect(differences).toEqual([]);
    expect(unproven.join()).not.toContain(server.password);
    for (const view of ['names', 'linked']) expect(unproven).toContainEqual(expect.stringMatching(new RegExp(`MATERIALIZED VIEW DATA public\\.${view} `)));
  }
});

it('a database whose foreign tables nothing reads is proven, with its user mappings', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const peer = await listeningPeer({ onward: server.port });
  const { port } = peer;
  await query(
    server,
    `CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink; CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '${port}', dbname 'postgres');
    CREATE USER MAPPING FOR PUBLIC SERVER here OPTIONS (user 'x', password 'y'); CREATE FOREIGN TABLE dbs (datname name) SERVER here; CREATE VIEW over_it AS SELECT * FROM dbs`,
    { database },
  );
  expect(await postgresProof(await postgresDump(urlOf(server, database)))).toMatchObject({ differences: [], unproven: [], notes: [] });
  expect(peer.connections).toBe(0);
});
