import type { Inventory } from './inventory.ts';
import type { PostgresScan } from './scanner.ts';

/** What the server has in the snapshot and the dump lacks, as sentences. Kinds that a dump has more of (an extension's own tables) are no loss. */
export function missingFrom(scan: PostgresScan, inventory: Inventory): string[] {
  const tables = new Set(scan.tables.map(({ name }) => unquoted(name)));
  const sequences = new Set(scan.sequences.map(({ name }) => unquoted(name)));
  const named = (kind: string, wanted: [string, string][], there: Set<string>) =>
    wanted.filter((name) => !there.has(JSON.stringify(name))).map(([schema, name]) => `${kind} ${schema}.${name} is not in the dump`);
  const counted = Object.entries(inventory.objects)
    .filter(([kind, count]) => (scan.objects[kind] ?? 0) < count)
    .map(([kind, count]) => `${scan.objects[kind] ?? 0} of ${count} objects of kind ${kind} are in the dump`);
  const large =
    scan.largeObjects.count < inventory.largeObjects ? [`${scan.largeObjects.count} of ${inventory.largeObjects} large objects are in the dump`] : [];
  return [...named('the data of table', inventory.tables, tables), ...named('the value of sequence', inventory.sequences, sequences), ...large, ...counted];
}

/** `"we ird"."T ""q"""` → the JSON of `["we ird", "T \"q\""]`. */
function unquoted(name: string): string {
  const parts = [...name.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
  return JSON.stringify(parts);
}
