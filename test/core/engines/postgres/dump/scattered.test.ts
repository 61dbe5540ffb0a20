import { expect, it } from 'vitest';
import { testWork } from '../../../../support/engine-work.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { type Dumped, dumpedFrom, postgresDump, postgresProof, restoredInto, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Makes a table that is divided by the hash of this key. */
function divided(table: string, type: string, { key = 'k', count = 5 } = {}): string {
  const parts = Array.from(
    { length: count },
    (_, at) => `CREATE TABLE ${table}_${at} PARTITION OF ${table} FOR VALUES WITH (MODULUS ${count}, REMAINDER ${at});`,
  );
  return `CREATE TABLE ${table} (k ${type}, n int) PARTITION BY HASH (${key}); ${parts.join(' ')}`;
}

const names = Array.from({ length: 40 }, (_, at) => `m${at}`);
const types = `CREATE TYPE mood AS ENUM (${names.map((name) => `'${name}'`).join(', ')}); CREATE TYPE pair AS (n int, m mood); CREATE TYPE deep AS (p pair[]);
  CREATE TYPE moods AS RANGE (subtype = mood); CREATE DOMAIN few AS mood[]; CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
  ${names.map((name) => `CREATE TABLE ${name} ();`).join(' ')}`;

/** Keys whose hash depends on what a database or a server has anew, deep in their types; each with its values. */
const keys: Record<string, { type: string; key?: string; value: string }> = {
  arrays_of_enum: { type: 'mood[]', value: 'ARRAY[m]' },
  rows_with_enum: { type: 'pair', value: 'ROW(1, m)::pair' },
  rows_of_arrays_of_rows: { type: 'deep', value: 'ROW(ARRAY[ROW(1, m)::pair])::deep' },
  ranges_of_enum: { type: 'moods', value: 'moods(m, NULL)' },
  domain_over_array: { type: 'few', value: 'ARRAY[m]' },
  expression: { type: 'mood', key: '(ARRAY[k])', value: 'm' },
  names_of_tables: { type: 'regclass', value: 'm::text::regclass' },
  text_of_icu: { type: 'text COLLATE loose', value: 'm::text' },
  enums: { type: 'mood', value: 'm' },
};
const tables = Object.keys(keys);

it('rows of partitions by a hash that is another one elsewhere come back, into the partitions where they belong', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const filled = Object.entries(keys).map(
    ([table, { type, value, ...choice }]) =>
      `${divided(table, type, choice)} INSERT INTO ${table} SELECT ${value}, row_number() OVER () FROM unnest(enum_range(NULL::mood)) m;`,
  );
  const dumped = await dumpedFrom(server, [types, ...filled].join(' '));
  expect(await postgresProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [], notes: [] });
  const copy = await newDatabase(server);
  await restoredInto(server, dumped, { database: copy });
  const counted = tables.map((table) => `SELECT '${table}', count(*), count(DISTINCT tableoid) > 1, sum(n) FROM ${table}`).join(' UNION ALL ');
  expect((await query(server, counted, { database: copy })).split('\n').sort()).toEqual(tables.map((table) => `${table}|40|t|820`).sort());
  const counts = ({ scan }: Dumped) => scan.tables.map(({ name, rows }) => [name, rows]);
  expect(counts(await postgresDump(urlOf(server, copy)))).toEqual(counts(dumped));
});

it.each([
  ...Object.entries(keys).slice(0, -1),
  ['array_of_text', { type: 'text[]', value: 'ARRAY[m::text]' }],
  ['enums', { type: 'mood', value: 'm' }],
] as const)(
  'a database divided by %s alone is told from those whose partitions may be loaded one by one',
  { timeout: coldStart },
  async (table, { type, ...choice }) => {
    const { scan } = await dumpedFrom(await postgresServer(18), `${types} ${divided(table, type, { count: 1, ...choice })}`);
    expect(scan.source?.selection?.options).toEqual(['array_of_text', 'enums'].includes(table) ? [] : ['--load-via-partition-root']);
  },
);

it('a choice of partitions without their table is loaded one by one', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  await query(server, `${types} ${divided('t', 'mood[]', { count: 1 })} INSERT INTO t VALUES ('{m1}', 1)`, { database });
  const { bytes, scan } = await postgresDump(urlOf(server, database), testWork(), { include: { schemas: [], tables: ['public.t_0'] } });
  expect(bytes.toString()).toContain('COPY public.t_0 ');
  expect(scan.source?.selection).toMatchObject({ options: [] });
});
