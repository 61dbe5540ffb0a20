import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Work } from '../../../../core/engines/engine.ts';
import { testWork, withTools } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { newRole, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

/** Makes work that notes each client program that it starts. */
function noting(): { work: Work; started: () => string[] } {
  const [work, file] = [testWork(), join(temporaryFolder(), 'started')];
  const noted = ['-c', `echo "$0" >>'${file}'; exec "$@"`];
  return {
    work: withTools(work, {
      client: async (program, signal) => {
        const launch = await work.tools.client(program, signal);
        return { ...launch, command: '/bin/sh', args: [...noted, program, launch.command, ...launch.args] };
      },
    }),
    started: () => readFileSync(file, 'utf8').trim().split('\n'),
  };
}

it('a dump and a proof start no more clients than they have sessions', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const role = await newRole(server, { options: "PASSWORD 'p'" });
  const database = await newDatabase(server); // dropped before its role
  await query(server, `CREATE TABLE t (n int PRIMARY KEY); INSERT INTO t VALUES (1); GRANT SELECT ON t TO ${role}`, { database });
  const dumping = noting();
  // a user who is no superuser is refused two of the settings that a session begins with, once
  const dump = await postgresDump(urlOf(server, database, { user: role, password: 'p' }), dumping.work);
  expect(dumping.started()).toEqual(['psql', 'psql', 'pg_dump', 'psql']);
  const proving = noting();
  expect(await postgresProof(dump, proving.work)).toMatchObject({ differences: [], flaws: [] });
  // what must be there before, the dump, what is put off, the comparison, all questions, and the roles
  expect(proving.started()).toEqual(['psql', 'psql', 'psql', 'pg_dump', 'psql', 'psql']);
});
