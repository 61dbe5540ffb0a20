import { closeSync, openSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { query, type ServerAddress } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { judged, newRole, postgresDump, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const pageSize = 8192;

/** Makes a database with a table of 100 rows, whose second page is damaged on the disk, and returns its name. */
async function damagedDatabase(server: ServerAddress): Promise<string> {
  const [sound, database] = [await newDatabase(server), await newDatabase(server)];
  await query(server, "CREATE TABLE t (id int, text text); INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 100) n", { database: sound });
  const file = basename(await query(server, "SELECT pg_relation_filepath('t')", { database: sound }));
  // no page of a copy of files is in the server's memory
  await query(server, `DROP DATABASE ${database}`);
  await query(server, `CREATE DATABASE ${database} TEMPLATE ${sound} STRATEGY file_copy`);
  const folder = await query(server, `SELECT oid FROM pg_database WHERE datname = '${database}'`);
  const descriptor = openSync(join(server.data, 'base', folder, file), 'r+');
  writeSync(descriptor, Buffer.alloc(200, 0xa5), 0, 200, pageSize);
  closeSync(descriptor);
  return database;
}

it.each(['zero_damaged_pages', 'ignore_checksum_failure'])('a damaged page is told of, though %s is on', { timeout: coldStart }, async (setting) => {
  const server = await postgresServer(18);
  const database = await damagedDatabase(server);
  await query(server, `ALTER DATABASE ${database} SET ${setting} = on`);
  // before anybody has read the page as one of zeros
  const whole = await judged(await postgresDump(urlOf(server, database)));
  expect(whole).toMatchObject({ verdict: 'flawed', differences: [], unproven: [] });
  expect(whole.flaws).toEqual([
    expect.objectContaining({
      what: expect.stringMatching(/^TABLE DATA public\.t: the rows of 1 page cannot be read \(ctid page 1\), and all others are in the backup/),
    }),
  ]);
  const user = await newRole(server, { options: "IN ROLE pg_read_all_data PASSWORD 'p'" });
  const byAnother = await judged(await postgresDump(urlOf(server, database, { user, password: 'p' })));
  expect(byAnother.verdict).not.toBe('proven');
  expect(byAnother.unproven).toContainEqual(expect.stringMatching(`^${setting} is on, so the server passes over damaged pages .* RESET ${setting} for`));
});
