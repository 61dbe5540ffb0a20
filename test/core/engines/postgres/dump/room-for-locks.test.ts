import { expect, it } from 'vitest';
import { isOutOfLocks, outOfLocks } from '../../../../../core/engines/postgres/dump/room-for-locks.ts';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { postgresError } from '../../../../../core/engines/postgres/failures.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { query, startPostgresServer } from '../../../../support/postgres-server.ts';
import { postgresDump, postgresSource, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

it('a server that has no room for a lock on each table is told what to set, before a dump too, and the dump is not repeated', {
  timeout: coldStart,
}, async () => {
  await using server = await startPostgresServer(18, { settings: { max_locks_per_transaction: '10', max_connections: '20' } });
  const few = 400;
  await query(server, `SELECT format('CREATE TABLE t%s (id int)', n) FROM generate_series(1, ${few}) n \\gexec`);
  const url = urlOf(server, 'postgres');
  const remarks = async () => (await postgresEngine.examine(postgresSource(url), testWork())).remarks;
  const remedy = (tables: number) =>
    new RegExp(
      `locks each of the ${tables} tables, and max_locks_per_transaction = 10 makes room for about 220 locks\\. ALTER SYSTEM SET max_locks_per_transaction = \\d+, and restart`,
    );
  expect(await remarks()).toEqual([expect.stringMatching(remedy(few))]);
  // shared memory has some room to spare
  await query(server, `SELECT format('CREATE TABLE s%s (id int)', n) FROM generate_series(1, 4600) n \\gexec`);
  await expect(postgresDump(url)).rejects.toMatchObject({ name: 'SourceUnreadableError', message: expect.stringMatching(remedy(5000)) });
  expect(await remarks()).toEqual([expect.stringMatching(remedy(5000))]);
});

it.each([
  ['pg_dump', 'pg_dump: error: query failed: ERROR:  memory\nHINT:  You might need to increase "max_locks_per_transaction".'],
  ['psql', 'psql:<stdin>:2: ERROR:  out of shared memory'],
  ['psql', 'psql:<stdin>:2: ERREUR:  mémoire partagée épuisée'],
])('such an end of %s is recognised: %j', (program, said) => {
  expect(isOutOfLocks(postgresError(program, 3, said))).toBe(true);
  expect(isOutOfLocks(postgresError(program, 3, 'ERROR:  out of memory'))).toBe(false);
});

it('a server that has no room for a question either is told what to set in general', async () => {
  const cause = new Error('out of shared memory; you might need to increase max_locks_per_transaction');
  const error = await outOfLocks(() => Promise.reject(cause), cause);
  expect(error).toMatchObject({ name: 'SourceUnreadableError', message: expect.stringContaining('SET max_locks_per_transaction to a larger number') });
});
