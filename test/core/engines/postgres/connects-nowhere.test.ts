import { connect, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { query, type ServerAddress } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

/** A way to the server that counts who comes. */
async function peerOf({ host, port }: ServerAddress): Promise<{ port: number; visits(): number }> {
  let visits = 0;
  const listener = createServer((socket) => {
    visits++;
    const inner = connect(port, host);
    for (const each of [socket, inner]) each.on('error', () => undefined); // the other side went away
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listener.close());
  return { port: (listener.address() as { port: number }).port, visits: () => visits };
}

it('a proof of materialised views that were filled from another server connects to nobody, and names them', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const { port, visits } = await peerOf(server);
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
  const before = visits();
  expect(before).toBeGreaterThanOrEqual(2);
  const dumped = await postgresDump(urlOf(server, database));
  const { differences, unproven } = await postgresProof(dumped);
  expect(visits()).toBe(before);
  expect(differences).toEqual([]);
  for (const view of ['names', 'linked']) expect(unproven).toContainEqual(expect.stringMatching(new RegExp(`MATERIALIZED VIEW DATA public\\.${view} `)));
});

it('a database whose foreign tables nothing reads is proven, with its user mappings', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const { port, visits } = await peerOf(server);
  await query(
    server,
    `CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink; CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '${port}', dbname 'postgres');
    CREATE USER MAPPING FOR PUBLIC SERVER here OPTIONS (user 'x', password 'y'); CREATE FOREIGN TABLE dbs (datname name) SERVER here; CREATE VIEW over_it AS SELECT * FROM dbs`,
    { database },
  );
  expect(await postgresProof(await postgresDump(urlOf(server, database)))).toMatchObject({ differences: [], unproven: [], notes: [] });
  expect(visits()).toBe(0);
});
