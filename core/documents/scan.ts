import * as z from 'zod';
import { readDocument } from '../bytes/stored.ts';
import { selectionShape } from '../engines/postgres/dump/selection.ts';
import type { Vault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';
import type { StoredObject } from './stored-object.ts';

/** What was learnt while a dump's bytes passed: `docs/backup-format.md` says how each figure is made. */
const scanSchema = z.object({
  format: z.literal('sauvegarde-scan'),
  version: z.literal(1),
  engine: z.enum(['sqlite', 'postgres', 'mysql']),
  /** Who wrote the bytes: `SQLite`, `3.51.2`. */
  product: z.object({ name: z.string(), version: z.string() }),
  /** Bytes before compression. */
  size: z.int().min(0),
  /** In the order of the dump. `sha256` covers the rows alone, in their order. */
  tables: z.array(z.object({ name: z.string(), rows: z.int().min(0), bytes: z.int().min(0), sha256: z.string() })),
  /** Where each sequence stands; `called`: its value was given out already. */
  sequences: z.array(z.object({ name: z.string(), value: z.string(), called: z.boolean() })).default([]),
  /** What PostgreSQL's database needs of the server it is restored into. */
  source: z
    .object({
      encoding: z.string(),
      collation: z.string(),
      /** Every role that the dump names. Owners, and roles that a policy or user mapping names, are among them. */
      roles: z.array(z.string()),
      owners: z.array(z.string()).optional(),
      definitionRoles: z.array(z.string()).optional(),
      extensions: z.array(z.object({ name: z.string(), version: z.string(), schema: z.string() })),
      /** Schemas that the dump makes objects in and does not make itself, but for `public`: pg_dump makes none when single tables are chosen. */
      schemas: z.array(z.string()).optional(),
      /** Bytes on the source's disk; missing when not all of it was dumped. */
      size: z.int().min(0).optional(),
      /** Tables that were rewritten between the dump's snapshot and its lock: rows that were there at the snapshot may not be in it. */
      rewritten: z.array(z.string()).optional(),
      /** What was chosen to be dumped; everything when it is missing. */
      selection: z.object(selectionShape).optional(),
    })
    .optional(),
  /** What a database of MySQL or MariaDB needs of the server it is restored into. */
  mysql: z
    .object({
      database: z.string(),
      characterSet: z.string(),
      collation: z.string(),
      lowerCaseTableNames: z.int(),
      sqlMode: z.string(),
      /** Accounts that views, triggers, events and routines name, as `user@host`. */
      definers: z.array(z.string()),
      /** Time zones that events name. */
      zones: z.array(z.string()),
      /** Bytes on the source's disk, estimated. */
      size: z.int().min(0),
      /** What the dump makes beside tables and sequences, each with its kind: `VIEW person_view`. */
      others: z.array(z.string()).optional(),
      /** Views that are not in the dump, with their queries and why. */
      leftOut: z.array(z.object({ name: z.string(), query: z.string(), reason: z.string() })).optional(),
      /** The dump tool's options beside those that every dump has. */
      options: z.array(z.string()),
    })
    .optional(),
  /** PostgreSQL's large objects. */
  largeObjects: z.object({ count: z.int().min(0), sha256: z.string() }).optional(),
  /** What the tool said although it succeeded. */
  warnings: z.array(z.string()).default([]),
  /** How many there are of everything else, by kind: `{ index: 3, view: 1 }`. */
  objects: z.record(z.string(), z.int().min(0)),
});

export type Scan = z.output<typeof scanSchema>;
export type TableScan = Scan['tables'][number];

/** Reads a scan. Throws ObjectMissingError if the vault has lost it, ChecksumError if it is not what was stored, DocumentInvalidError if it cannot be understood. */
export async function readScan(vault: Vault, object: StoredObject): Promise<Scan> {
  return parseDocument(scanSchema, await readDocument(vault, object), object.key);
}

export function writeScan(scan: Scan): Uint8Array {
  return writeDocument(scan);
}

export function rowsOf(scan: Scan): number {
  return scan.tables.reduce((sum, table) => sum + table.rows, 0);
}

/** Every table in which two scans differ, as sentences; none when they hold the same rows in the same order. */
export function differencesBetween(expected: Scan, found: Scan): string[] {
  const there = new Map(found.tables.map((table) => [table.name, table]));
  const wanted = new Set(expected.tables.map((table) => table.name));
  const unlike = expected.tables.flatMap((table) => {
    const other = there.get(table.name);
    if (!other) return [`table ${table.name} is missing`];
    if (other.rows !== table.rows) return [`table ${table.name} has ${other.rows} rows instead of ${table.rows}`];
    if (other.sha256 !== table.sha256) return [`table ${table.name} has other contents in its ${table.rows} rows`];
    return [];
  });
  const places = new Map(found.sequences.map((sequence) => [sequence.name, sequence]));
  const moved = expected.sequences.flatMap(({ name, value, called }) => {
    const other = places.get(name);
    if (!other) return [`sequence ${name} is missing`];
    return other.value === value && other.called === called ? [] : [`sequence ${name} stands at ${other.value} instead of ${value}`];
  });
  const large =
    expected.largeObjects?.sha256 === found.largeObjects?.sha256
      ? []
      : [`there are ${found.largeObjects?.count ?? 0} large objects, other than the ${expected.largeObjects?.count ?? 0} of the dump`];
  const added = found.tables.filter((table) => !wanted.has(table.name)).map((table) => `table ${table.name} was not in the dump`);
  return [...unlike, ...moved, ...large, ...added];
}
