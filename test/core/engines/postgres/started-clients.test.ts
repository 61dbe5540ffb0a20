import { expect, it } from 'vitest';
import { notingClients } from '../../../support/noting-clients.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { newRole, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

it('a dump and a proof start no more clients than they have sessions', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const role = await newRole(server, { options: "PASSWORD 'p'" });
  const database = await newDatabase(server); // dropped before its role
  await query(server, `CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1); GRANT SELECT ON t TO ${role}`, { database });
  const dumping = notingClients();
  // a user who is no superuser is refused two of the settings that a session begins with, once
  const dump = await postgresDump(urlOf(server, database, { user: role, password: 'p' }), dumping.work);
  expect(dumping.started()).toEqual(['psql', 'psql', 'pg_dump', 'psql']);
  const proving = notingClients();
  expect(await postgresProof(dump, proving.work)).toMatchObject({ differences: [], flaws: [] });
  // what must be there before, the dump, what is put off, the comparison, all questions, and the roles
  expect(proving.started()).toEqual(['psql', 'psql', 'psql', 'pg_dump', 'psql', 'psql']);
});
