import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../../../core/config.ts';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { awkwardDatabase } from '../../../support/awkward-postgres.ts';
import { testWork } from '../../../support/engine-work.ts';
import { query } from '../../../support/postgres-server.ts';
import { postgresServer } from '../../../support/postgres-servers.ts';
import { coldStart } from '../../../support/programs.ts';
import { gathered, streamOf } from '../../../support/streams.ts';

const role = `owner_${randomBytes(4).toString('hex')}`;
const accents = `CREATE ROLE ${role}; CREATE TABLE "é" (a text); CREATE TABLE "è" (a text); ALTER TABLE "é" OWNER TO ${role}; INSERT INTO "é" VALUES ('é')`;

it.each([
  ['UTF8', 'contents that look like syntax', awkwardDatabase],
  ['LATIN1', 'accents in its names', accents],
])('a %s database with %s is proven', { timeout: coldStart }, async (encoding, _, sql) => {
  const server = await postgresServer(18);
  const database = `proof_${randomBytes(4).toString('hex')}`;
  await query(server, `CREATE DATABASE ${database} TEMPLATE template0 ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C'`);
  onTestFinished(async () => {
    await query(server, `DROP DATABASE ${database} WITH (FORCE)`);
    await query(server, `DROP ROLE IF EXISTS ${role}`);
  });
  await query(server, sql, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  const url = `postgres://${server.user}:${server.password}@${server.host}:${server.port}/${database}`;
  const { main } = parseConfig({ databases: { main: { engine: 'postgres', connection: { url } } } }, 'the test').databases;
  if (!main) throw new Error('no database is configured');
  await using dumping = await postgresEngine.dump(main, testWork());
  const bytes = await gathered(dumping.bytes);
  expect(await postgresEngine.prove(() => streamOf([bytes]), dumping.scan(), testWork())).toMatchObject({ differences: [], unproven: [], notes: [] });
});
