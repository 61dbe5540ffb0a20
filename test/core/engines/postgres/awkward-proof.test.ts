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

const role = `"ówner_${randomBytes(4).toString('hex')}"`;
const accents = `CREATE ROLE ${role}; CREATE SCHEMA "ö"; CREATE EXTENSION hstore SCHEMA "ö"; CREATE TABLE "ö"."ä" (h "ö".hstore); INSERT INTO "ö"."ä" VALUES ('"é"=>1'); CREATE TABLE "é" (a text); CREATE TABLE "è" (a text); ALTER TABLE "é" OWNER TO ${role}; INSERT INTO "é" VALUES ('é')`;

it.each([
  ['UTF8', 'contents that look like syntax', awkwardDatabase],
  ['LATIN1', 'accents in its names', accents],
])('a %s database with %s is proven', { timeout: coldStart }, async (encoding, _, sql) => {
  const server = await postgresServer(18);
  const database = `proof_${randomBytes(4).toString('hex')}`;
  await query(server, `CREATE DATABASE ${database} TEMPLATE template0 ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C'`);
  onTestFinished(async () => {
    // a role's name is bytes, and these are of the database's encoding
    await query(server, `DROP OWNED BY CURRENT_USER; REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP ROLE ${role}`, { database }).catch(() => undefined);
    await query(server, `DROP DATABASE ${database} WITH (FORCE)`);
  });
  await query(server, sql, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  const url = `postgres://${server.user}:${server.password}@${server.host}:${server.port}/${database}`;
  const { main } = parseConfig({ databases: { main: { engine: 'postgres', connection: { url } } } }, 'the test').databases;
  if (!main) throw new Error('no database is configured');
  await using dumping = await postgresEngine.dump(main, testWork());
  const bytes = await gathered(dumping.bytes);
  expect(await postgresEngine.prove(() => streamOf([bytes]), dumping.scan(), testWork())).toMatchObject({ differences: [], unproven: [], notes: [] });
});
