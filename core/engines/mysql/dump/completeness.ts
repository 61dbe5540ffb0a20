import type { MysqlScan } from '../script/scanner.ts';
import type { Inventory } from './inventory.ts';

/** Kind of an object, as in a scan, and its name. */
type Thing = readonly [kind: string, name: string];

/** Kinds of which a scan has the names. */
const listed = ['table', 'sequence'];

/**
 * Lists, as sentences, what the dump lacks although the server had it both before and after. A snapshot holds rows, not
 * definitions: an object that was made or removed meanwhile is in one inventory only, and is not lost.
 */
export function missingFrom(scan: MysqlScan, before: Inventory, after: Inventory): string[] {
  const still = new Set(thingsIn(after).map(keyOf));
  const lasting = thingsIn(before).filter((thing) => still.has(keyOf(thing)));
  const there = new Set([...scan.tables.map(({ name }) => keyOf(['table', name])), ...scan.sequences.map(({ name }) => keyOf(['sequence', name]))]);
  const named = lasting.filter((thing) => listed.includes(thing[0]) && !there.has(keyOf(thing))).map(([kind, name]) => `${kind} ${name} is not in the dump`);
  const byKind = Map.groupBy(lasting, ([kind]) => kind);
  const fewer = [...byKind].flatMap(([kind, { length }]) => {
    const found = scan.objects[kind] ?? 0;
    return !listed.includes(kind) && found < length ? [`${found} of ${length} objects of kind ${kind} are in the dump`] : [];
  });
  return [...named, ...fewer];
}

function thingsIn({ tables, sequences, views, triggers, events, routines }: Inventory): Thing[] {
  const all = (kind: string, names: string[]) => names.map((name) => [kind, name] as const);
  return [
    ...all(
      'table',
      tables.map(({ name }) => name),
    ),
    ...all('sequence', sequences),
    ...all('VIEW', views),
    ...all(
      'TRIGGER',
      triggers.map(({ name }) => name),
    ),
    ...all('EVENT', events),
    ...routines.map(({ kind, name }) => [kind, name] as const),
  ];
}

function keyOf(thing: Thing): string {
  return JSON.stringify(thing);
}
