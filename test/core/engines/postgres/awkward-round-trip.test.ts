import { expect, it } from 'vitest';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { piece, testWork } from '../../../support/engine-work.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { identifier, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

/** A table and a column of the same name as the database. */
const named = (name: string) => `CREATE TABLE ${identifier(name)} (${identifier(name)} text); INSERT INTO ${identifier(name)} VALUES ('kept'), (NULL)`;
const times = `CREATE TABLE t (at timestamptz, local timestamp, day date); INSERT INTO t VALUES ('2026-10-25 02:30', '2026-10-25 02:30', '0044-03-15 BC'), ('2026-03-29 03:00+02', '-infinity', 'infinity')`;
const collated = `CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk'); CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
  CREATE TABLE t (a text COLLATE german UNIQUE, b text COLLATE loose); INSERT INTO t VALUES ('Äpfel', 'Été'), ('Apfel', 'ete'); CREATE INDEX ON t (a COLLATE "fr-x-icu")`;

it.each<[string, string, string]>([
  ...['-Fp', 'a=b c', `it's "quoted"`, 'two\nlines', '../up', '🐘 été', 'x'.repeat(63), '\\', ' '].map((name): [string, string, string] => [
    name,
    name,
    named(name),
  ]),
  ['an empty database', '', ''],
  ['a database without tables', '', "CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN 'f'; CREATE SCHEMA alone"],
  [
    'a database in the zone Europe/Paris',
    '',
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Europe/Paris''', current_database()); END $$; SET TimeZone = 'Europe/Paris'; ${times}`,
  ],
  ['ICU collations', '', collated],
])(
  '%j is dumped, proven, and restored into an equal one',
  async (_, name, sql) => {
    const server = await postgresServer(18);
    const database = await newDatabase(server, name || undefined);
    await query(server, sql, { database });
    const dumped = await postgresDump(urlOf(server, database));
    expect(dumped.scan.tables.map(({ rows }) => rows)).toEqual(/CREATE TABLE/.test(sql) ? [2] : []);
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [], notes: [] });
    const copy = await newDatabase(server, name ? `${[...name].slice(0, 60).join('')}2` : undefined);
    await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: urlOf(server, copy), force: false, now: new Date() }, testWork());
    const { tables, sequences, objects } = (await postgresDump(urlOf(server, copy))).scan;
    expect({ tables, sequences, objects }).toEqual({ tables: dumped.scan.tables, sequences: dumped.scan.sequences, objects: dumped.scan.objects });
  },
  coldStart,
);
