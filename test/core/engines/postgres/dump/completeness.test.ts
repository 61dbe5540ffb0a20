import { describe, expect, it } from 'vitest';
import { differentCounts, missingFrom } from '../../../../../core/engines/postgres/dump/completeness.ts';
import type { Inventory } from '../../../../../core/engines/postgres/dump/inventory.ts';
import type { PostgresScan } from '../../../../../core/engines/postgres/script/scanner.ts';

const nothing: Inventory = {
  version: '18.0',
  encoding: 'UTF8',
  collation: 'C',
  tables: [],
  sequences: [],
  unlogged: [],
  partitions: [],
  members: [],
  standby: false,
  locale: { provider: 'c', collate: 'C', ctype: 'C', name: null, rules: null },
  settings: [],
  rolePaths: [],
  careless: [],
  ofDatabase: [],
  tablespaces: [],
  locks: 0,
  dataRoles: [],
  hiddenMappings: [],
  largeObjects: 0,
  objects: {},
  roles: [],
  owners: [],
  definitionRoles: [],
  extensions: [],
  size: 0,
  passwordEnds: null,
};
const scanned = (scan: Partial<PostgresScan>): PostgresScan => ({
  size: 0,
  tables: [],
  sequences: [],
  largeObjects: { count: 0, sha256: '', sum: '' },
  objects: {},
  foreignSchemas: [],
  ...scan,
});
const table = (name: string) => ({ name, rows: 0, bytes: 0, sha256: '' });
const sequence = (name: string) => ({ name, value: '1', called: false });

describe('a name of the server is found as the dump writes it', () => {
  it.each<[[string, string], string]>([
    [['public', 'plain'], 'public.plain'],
    [['public', 'Upper'], 'public."Upper"'],
    [['a.b', 'c'], '"a.b".c'],
    [['a', 'b.c'], 'a."b.c"'],
    [['a "q"', '"'], '"a ""q""".""""'],
    [['x', 'line\nfeed'], 'x."line\nfeed"'],
    [['é', '漢 𝄞'], '"é"."漢 𝄞"'],
  ])('%j as %s', (name, written) => {
    expect(missingFrom(scanned({ tables: [table(written)] }), { ...nothing, tables: [name] }).rows).toEqual([]);
    expect(missingFrom(scanned({ sequences: [sequence(written)] }), { ...nothing, sequences: [name] }).rows).toEqual([]);
  });
});

it.each<[string, Partial<PostgresScan>, Partial<Inventory>, string]>([
  ['a table', { tables: [table('public.b')] }, { tables: [['public', 'a']] }, 'the data of table public.a is not in the dump'],
  ['a table of that name elsewhere', { tables: [table('other.a')] }, { tables: [['public', 'a']] }, 'the data of table public.a is not in the dump'],
  ['a name with a dot that is another', { tables: [table('a."b.c"')] }, { tables: [['a.b', 'c']] }, 'the data of table a.b.c is not in the dump'],
  ['a sequence', { tables: [table('public.s')] }, { sequences: [['public', 's']] }, 'the value of sequence public.s is not in the dump'],
  ['a large object', { largeObjects: { count: 1, sha256: '', sum: '' } }, { largeObjects: 2 }, '1 of 2 large objects are in the dump'],
  ['a function', { objects: { FUNCTION: 2 } }, { objects: { FUNCTION: 3 } }, '2 of 3 objects of kind FUNCTION are in the dump'],
  ['every view', {}, { objects: { VIEW: 1 } }, '0 of 1 objects of kind VIEW are in the dump'],
])('%s that is not there is missing', (_, scan, inventory, sentence) => {
  const { rows, objects } = missingFrom(scanned(scan), { ...nothing, ...inventory });
  expect([...rows, ...objects]).toEqual([sentence]);
  expect(objects).toHaveLength(inventory.objects ? 1 : 0);
});

it('a dump that has more lacks nothing', () => {
  expect(
    missingFrom(scanned({ tables: [table('public.a')], largeObjects: { count: 3, sha256: '', sum: '' }, objects: { VIEW: 2 } }), {
      ...nothing,
      objects: { VIEW: 1 },
    }),
  ).toEqual({ rows: [], objects: [] });
});

it('a table of which the dump has fewer rows than the server counted is named; partitions count for their root', () => {
  const tables = [{ ...table('public.a'), rows: 2 }, { ...table('public.root'), rows: 5 }, table('public.uncounted')];
  const partitions: Inventory['partitions'] = [1, 2].map((n) => ({ name: ['public', `part${n}`], within: [['public', 'root']] }));
  const counts = (a: number) =>
    new Map([
      ['["public","a"]', a],
      ['["public","part1"]', 3],
      ['["public","part2"]', 2],
    ]);
  expect(differentCounts({ tables }, { ...nothing, partitions }, counts(2))).toEqual([]);
  expect(differentCounts({ tables }, { ...nothing, partitions }, counts(3))).toEqual([
    { name: 'public.a', what: 'TABLE DATA public.a: the server counts 3 rows, and 2 are in the dump' },
  ]);
});
