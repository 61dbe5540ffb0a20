import { expect, it } from 'vitest';
import { givesNamespaces } from '../../../support/network.ts';
import { listeningPeer } from '../../../support/peer.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

it.skipIf(!givesNamespaces)(
  'a proof connects to nobody whom the database knows the passwords of, and what is filled from there is unproven, not refuted',
  async () => {
    const server = await postgresServer(18);
    const remote = await newDatabase(server);
    await query(server, 'CREATE TABLE far (id int); INSERT INTO far VALUES (1), (2)', { database: remote });
    const peer = await listeningPeer({ onward: server.port });
    const where = { host: '127.0.0.1', port: peer.port, dbname: remote };
    const login = { user: server.user, password: server.password };
    const optionsOf = (values: object) => Object.entries(values).map(([name, value]) => `${name} '${value}'`);
    const connection = Object.entries({ ...where, ...login }).map(([name, value]) => `${name}=${value}`);
    const database = await newDatabase(server);
    const sql = `CREATE TABLE own (id int); INSERT INTO own VALUES (1);
      CREATE EXTENSION postgres_fdw; CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (${optionsOf(where)}); CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (${optionsOf(login)});
      CREATE FOREIGN TABLE far (id int) SERVER elsewhere; CREATE MATERIALIZED VIEW near AS SELECT * FROM far; CREATE INDEX ON near (id); CREATE VIEW nearer AS SELECT * FROM near;
      CREATE EXTENSION dblink; CREATE MATERIALIZED VIEW linked AS SELECT * FROM dblink('${connection.join(' ')}', 'SELECT id FROM far') far (id int);`;
    await query(server, sql, { database });
    expect(peer.connections).toBe(2);
    const { differences, unproven } = await postgresProof(await postgresDump(urlOf(server, database)));
    expect(peer.connections).toBe(2);
    expect(differences).toEqual([]);
    const made = ['linked', 'near'].map((name) => `MATERIALIZED VIEW DATA public.${name} could not be made here`);
    expect(unproven.filter((line) => line.startsWith('MATERIALIZED'))).toEqual(made);
    expect(unproven.join()).not.toContain(server.password);
  },
  coldStart,
);
