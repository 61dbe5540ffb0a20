import { expect, it } from 'vitest';
import { cacheFolder } from '../../layers/layers.ts';
import { configure, sauvegarde, start } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { urlOf } from '../support/postgres-work.ts';
import { coldStart } from '../support/programs.ts';

/** Enough to be met in the middle: some 30 MB. */
const large = `CREATE TABLE large (id integer PRIMARY KEY, text text); INSERT INTO large SELECT n, repeat(md5(n::text), 6) FROM generate_series(1, 150000) n`;

it('a restore whose command line is killed in the middle leaves the target empty, and a second one succeeds', { timeout: 2 * coldStart }, async () => {
  const server = await postgresServer(18);
  const [database, copy] = [await newDatabase(server), await newDatabase(server)];
  await query(server, large, { database });
  const folder = temporaryFolder();
  configure(folder, { databases: { app: { engine: 'postgres', connection: { url: { env: 'DATABASE_URL' } }, proof: 'off' } } });
  const env = { DATABASE_URL: urlOf(server, database), SAUVEGARDE_CACHE: cacheFolder() };
  const backup = await sauvegarde(folder, ['backup', 'app'], { env });
  expect(backup.status, backup.stderr).toBe(0);

  const inCopy = (sql: string) => query(server, sql, { database: copy });
  const restoring = start(folder, ['restore', 'app', '--into', urlOf(server, copy)], { env });
  const copied = () => inCopy('SELECT coalesce(max(tuples_processed), 0) FROM pg_stat_progress_copy WHERE datname = current_database()');
  await expect.poll(async () => Number(await copied()), { timeout: coldStart, interval: 10 }).toBeGreaterThan(0);
  process.kill(restoring.pid, 'SIGKILL');
  expect((await restoring.ended).status).toBe('SIGKILL');

  await expect
    .poll(() => inCopy("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"), { timeout: coldStart })
    .toBe('1');
  expect(await inCopy("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")).toBe('0');

  const again = await sauvegarde(folder, ['restore', 'app', '--into', urlOf(server, copy)], { env });
  expect(again.status, again.stderr).toBe(0);
  expect(await inCopy('SELECT count(*) FROM large')).toBe('150000');
});
