import type { PostgresScan } from '../script/scanner.ts';
import type { Selection } from '../selection.ts';
import type { Inventory } from './inventory.ts';
import type { Unreadable } from './unreadable.ts';

/**
 * Lists, as sentences, what the server has in the snapshot and the dump lacks, unless an option leaves it out: rows and
 * values, and other objects by their kind. A dump with more objects of a kind (an extension's own tables) lacks
 * nothing.
 */
export function missingFrom(scan: PostgresScan, whole: Inventory, options: Selection['options'] = []): { rows: string[]; objects: string[] } {
  const inventory = withoutLeftOut(whole, options);
  const tables = new Set(scan.tables.map(({ name }) => unquoted(name)));
  for (const { name, within } of inventory.partitions) if (within.some((each) => tables.has(JSON.stringify(each)))) tables.add(JSON.stringify(name));
  const sequences = new Set(scan.sequences.map(({ name }) => unquoted(name)));
  const named = (kind: string, wanted: [string, string][], there: Set<string>) =>
    wanted.filter((name) => !there.has(JSON.stringify(name))).map(([schema, name]) => `${kind} ${schema}.${name} is not in the dump`);
  const counted = Object.entries(inventory.objects)
    .filter(([kind, count]) => (scan.objects[kind] ?? 0) < count)
    .map(([kind, count]) => `${scan.objects[kind] ?? 0} of ${count} objects of kind ${kind} are in the dump`);
  const large =
    scan.largeObjects.count < inventory.largeObjects ? [`${scan.largeObjects.count} of ${inventory.largeObjects} large objects are in the dump`] : [];
  const rows = [...named('the data of table', inventory.tables, tables), ...named('the value of sequence', inventory.sequences, sequences), ...large];
  return { rows, objects: counted };
}

/** Lists tables of which the dump has another number of rows than the server counted in the snapshot. */
export function differentCounts(
  { tables }: Pick<PostgresScan, 'tables'>,
  { partitions }: Inventory,
  counts: ReadonlyMap<string, number>,
): { name: string; what: string }[] {
  const dumped = new Map(tables.map(({ name, rows }) => [unquoted(name), { name, rows }]));
  const wanted = new Map<string, number>();
  const within = new Map(partitions.map((each) => [JSON.stringify(each.name), each.within.map((name) => JSON.stringify(name))]));
  for (const [name, count] of counts) {
    const under = dumped.has(name) ? name : within.get(name)?.find((root) => dumped.has(root));
    if (under !== undefined) wanted.set(under, (wanted.get(under) ?? 0) + count);
  }
  return [...wanted].flatMap(([key, count]) => {
    const { name = '', rows = count } = dumped.get(key) ?? {};
    return rows === count ? [] : [{ name, what: `TABLE DATA ${name}: the server counts ${count} rows, and ${rows} are in the dump` }];
  });
}

/** Returns the tables whose rows this server has: a standby has none of unlogged ones, and refuses to look. */
export function withRowsHere({ tables, unlogged, standby }: Pick<Inventory, 'tables' | 'unlogged' | 'standby'>): [string, string][] {
  return standby ? without(tables, unlogged) : tables;
}

function without(names: [string, string][], others: [string, string][]): [string, string][] {
  const left = new Set(others.map((name) => JSON.stringify(name)));
  return names.filter((name) => !left.has(JSON.stringify(name)));
}

function withoutLeftOut(inventory: Inventory, options: Selection['options']): Inventory {
  const unlogged = options.includes('--no-unlogged-table-data') || inventory.standby ? inventory.unlogged : [];
  const kept = (names: [string, string][]) => without(names, unlogged);
  const { PUBLICATION = 0, ...objects } = inventory.objects;
  return {
    ...inventory,
    tables: kept(inventory.tables),
    sequences: kept(inventory.sequences),
    objects: options.includes('--no-publications') ? objects : { ...objects, PUBLICATION },
  };
}

/**
 * Returns the part of an inventory that can be in a dump. Does not count the kinds of which tables take some with them.
 */
export function readablePart(inventory: Inventory, { tables, sequences, largeObjects }: Unreadable): Inventory {
  const gone = tables.filter(({ isHidden }) => !isHidden);
  const left = [...[...tables, ...sequences].map(({ parts }) => parts), ...gone.flatMap(({ identities }) => identities)];
  const { TABLE, TRIGGER, POLICY, ...objects } = inventory.objects;
  return {
    ...inventory,
    tables: without(inventory.tables, left),
    sequences: without(inventory.sequences, left),
    largeObjects: inventory.largeObjects - largeObjects.length,
    objects: gone.length > 0 ? objects : inventory.objects,
  };
}

/**
 * Reduces a name to its meaning, so that quotes do not matter: `"we ird"."T ""q"""` → the JSON of `["we ird", "T
 * \"q\""]`.
 */
export function unquoted(name: string): string {
  const parts = [...name.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
  return JSON.stringify(parts);
}
