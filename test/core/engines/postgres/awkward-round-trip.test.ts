import { expect, it } from 'vitest';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { piece, testWork } from '../../../support/engine-work.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer, preparedDatabase } from '../../../support/postgres-servers.ts';
import { type Dumped, identifier, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

const awkward = ['-Ft', 'a=b e', `it's ""quoted`, 'three\nlines', '../in', '🐘 hiver', 'z'.repeat(63), '\\\\', ' '];

const restored = ({ bytes, scan }: Dumped, into: string) =>
  postgresEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date() }, testWork());

/** Tables, each with a column of the same name. */
const named = awkward.map((name) => `CREATE TABLE ${identifier(name)} (${identifier(name)} text); INSERT INTO ${identifier(name)} VALUES ('kept'), (NULL)`);
const times = `CREATE TABLE at_times (at timestamptz, local timestamp, day date); INSERT INTO at_times VALUES ('2026-10-25 02:30', '2026-10-25 02:30', '0044-03-15 BC'), ('2026-03-29 03:00+02', '-infinity', 'infinity')`;
const collated = `CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk'); CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
  CREATE TABLE in_order (a text COLLATE german UNIQUE, b text COLLATE loose); INSERT INTO in_order VALUES ('Äpfel', 'Été'), ('Apfel', 'ete'); CREATE INDEX ON in_order (a COLLATE "fr-x-icu")`;

it.each<[string, number[], string]>([
  ['an empty database', [], ''],
  [
    'a database in the zone Europe/Paris, whose tables and columns have awkward names, with ICU collations',
    [...awkward, times, collated].map(() => 2),
    `${named.join('; ')}; ${collated}; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Europe/Paris''', current_database()); END $$; SET TimeZone = 'Europe/Paris'; ${times}`,
  ],
])(
  '%s: dumped, proven, and restored into an equal one',
  async (_, rows, sql) => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, sql, { database });
    const dumped = await postgresDump(urlOf(server, database));
    expect(dumped.scan.tables.map((table) => table.rows)).toEqual(rows);
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [], notes: dumped.scan.warnings });
    const copy = await newDatabase(server);
    await restored(dumped, urlOf(server, copy));
    const { tables, sequences, objects } = (await postgresDump(urlOf(server, copy))).scan;
    expect({ tables, sequences, objects }).toEqual({ tables: dumped.scan.tables, sequences: dumped.scan.sequences, objects: dumped.scan.objects });
  },
  coldStart,
);

const small = preparedDatabase("CREATE TABLE t (a text); INSERT INTO t VALUES ('kept'), (NULL)");
let dumping: Promise<Dumped> | undefined;

// `connect/refusing.test.ts` shows that they are dumped; no proof knows the name of its database
it.each(awkward)('a database named %j is restored into, and no other', { timeout: coldStart }, async (name) => {
  const { server, database } = await small();
  dumping ??= postgresDump(urlOf(server, database));
  const copy = await newDatabase(server, name);
  expect(await restored(await dumping, urlOf(server, copy))).toMatchObject({ rows: 2, notes: [] });
  expect(await query(server, 'SELECT current_database(), count(*) FROM t GROUP BY 1', { database: copy })).toBe(`${name}|2`);
});
