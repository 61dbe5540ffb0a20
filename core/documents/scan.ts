import * as z from 'zod';
import { readDocument } from '../bytes/stored.ts';
import { selectionShape } from '../engines/postgres/dump/selection.ts';
import type { Vault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';
import type { StoredObject } from './stored-object.ts';

/** Facts learnt while a dump's bytes passed; `docs/backup-format.md` defines each figure. */
const scanSchema = z.object({
  format: z.literal('sauvegarde-scan'),
  version: z.literal(1),
  engine: z.enum(['sqlite', 'postgres', 'mysql']),
  /** Product that wrote the bytes: `SQLite`, `3.51.2`. */
  product: z.object({ name: z.string(), version: z.string() }),
  /** Bytes before compression. */
  size: z.int().min(0),
  /** Tables, in the order of the dump. `sha256` covers the rows alone, in their order. */
  tables: z.array(z.object({ name: z.string(), rows: z.int().min(0), bytes: z.int().min(0), sha256: z.string() })),
  /** Values of sequences; `called` means that the value was given out already. */
  sequences: z.array(z.object({ name: z.string(), value: z.string(), called: z.boolean() })).default([]),
  /** Needs of a PostgreSQL database in the server where it is restored. */
  source: z
    .object({
      encoding: z.string(),
      collation: z.string(),
      /** Every role that the dump names. Owners, and roles that a policy or user mapping names, are among them. */
      roles: z.array(z.string()),
      owners: z.array(z.string()).optional(),
      definitionRoles: z.array(z.string()).optional(),
      extensions: z.array(z.object({ name: z.string(), version: z.string(), schema: z.string() })),
      /**
       * Schemas, except `public`, in which the dump makes objects and which it does not make itself: pg_dump makes none
       * if single tables are chosen.
       */
      schemas: z.array(z.string()).optional(),
      /** Bytes on the source's disk; missing if not all of it was dumped. */
      size: z.int().min(0).optional(),
      /**
       * Tables that were rewritten between the dump's snapshot and its lock: some rows of the snapshot may be missing.
       */
      rewritten: z.array(z.string()).optional(),
      /** Selection of what was dumped; missing if everything was. */
      selection: z.object(selectionShape).optional(),
    })
    .optional(),
  /** Needs of a MySQL or MariaDB database in the server where it is restored. */
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
      /** Objects in the dump besides tables and sequences, each with its kind: `VIEW person_view`. */
      others: z.array(z.string()).optional(),
      /** Views that are not in the dump, with their queries and the reasons. */
      leftOut: z.array(z.object({ name: z.string(), query: z.string(), reason: z.string() })).optional(),
      /** Options of the dump tool besides those that every dump has. */
      options: z.array(z.string()),
    })
    .optional(),
  /** PostgreSQL's large objects. */
  largeObjects: z.object({ count: z.int().min(0), sha256: z.string() }).optional(),
  /** Warnings of a tool that succeeded. */
  warnings: z.array(z.string()).default([]),
  /** Number of all other objects, by kind: `{ index: 3, view: 1 }`. */
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

/** Lists every table in which two scans differ, as sentences; none if they hold the same rows in the same order. */
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
