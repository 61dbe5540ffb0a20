import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { awkwardDatabase } from '../../../../support/awkward-postgres.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { query, type ServerAddress } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { type Dumped, postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

type Encoding = 'UTF8' | 'LATIN1';

const role = `"ówner_${randomBytes(4).toString('hex')}"`;
const accents = `CREATE ROLE ${role}; CREATE SCHEMA "ö"; CREATE EXTENSION hstore SCHEMA "ö"; CREATE TABLE "ö"."ä" (h "ö".hstore); INSERT INTO "ö"."ä" VALUES ('"é"=>1'); CREATE TABLE "é" (a text); CREATE TABLE "è" (a text); ALTER TABLE "é" OWNER TO ${role}; INSERT INTO "é" VALUES ('é')`;

/** An empty database of that encoding, dropped when the test has finished. */
async function encoded(server: ServerAddress, encoding: Encoding): Promise<string> {
  const database = await newDatabase(server, undefined, `ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C'`);
  onTestFinished(async () => {
    // a role's name is bytes of its database's encoding: other encodings of this server cannot read it
    const dropped = `DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role.slice(1, -1)}') THEN DROP OWNED BY ${role}; DROP ROLE ${role}; END IF; END $$`;
    await query(server, dropped, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  });
  return database;
}

async function dumpedFrom(server: ServerAddress, encoding: Encoding, sql: string): Promise<Dumped> {
  const database = await encoded(server, encoding);
  await query(server, sql, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  return postgresDump(urlOf(server, database));
}

it.each<[Encoding, string, string]>([
  ['UTF8', 'contents that look like syntax', awkwardDatabase],
  ['LATIN1', 'accents in its names', accents],
])('a %s database with %s is proven', { timeout: coldStart }, async (encoding, _, sql) => {
  const dumped = await dumpedFrom(await postgresServer(18), encoding, sql);
  expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [], notes: [] });
});

it('a LATIN1 database is restored into one of LATIN1 or of UTF8, letter by letter', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const letters = 'CREATE TABLE "é" ("ü" text); INSERT INTO "é" VALUES (\'à la carte\'), (\'ÿ÷×\'), (E\'\\\\.\')';
  const dumped = await dumpedFrom(server, 'LATIN1', letters);
  expect(dumped.bytes.includes(Buffer.from('à la carte', 'latin1'))).toBe(true);
  for (const encoding of ['LATIN1', 'UTF8'] as const) {
    const copy = await encoded(server, encoding);
    await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: urlOf(server, copy), force: false, now: new Date() }, testWork());
    const inUtf8 = { database: copy, environment: { PGCLIENTENCODING: 'UTF8' } };
    expect(await query(server, 'SELECT "ü" FROM "é"', inUtf8)).toBe('à la carte\nÿ÷×\n\\.');
    expect(await query(server, 'SHOW server_encoding', inUtf8)).toBe(encoding);
  }
});
