import * as z from 'zod';
import { readDocument } from '../bytes/stored.ts';
import { addedToScans, engineNames } from '../engines/cards.ts';
import { counted } from '../figures.ts';
import type { ReadableVault, Vault } from '../vault/vault.ts';
import { jsonIn, parseDocument, understood, writeDocument } from './document.ts';
import { flawSchema } from './flaw.ts';
import { seal, unsealed } from './sealed.ts';
import { identitySchema } from './source-identity.ts';
import type { StoredObject } from './stored-object.ts';

/** Facts learnt while a dump's bytes passed; `docs/backup-format.md` defines each figure. */
const scanSchema = z.object({
  format: z.literal('sauvegarde-scan'),
  version: z.literal(1),
  engine: z.enum(engineNames),
  /** Product that wrote the bytes, as its card names it, and its version. */
  product: z.object({ name: z.string(), version: z.string() }),
  /** Bytes before compression. */
  size: z.int().min(0),
  /** Tables, in the order of the dump. `sha256` covers the rows alone, in their order. */
  tables: z.array(z.object({ name: z.string(), rows: z.int().min(0), bytes: z.int().min(0), sha256: z.string() })),
  /** Values of sequences; `called` means that the value was given out already. */
  sequences: z.array(z.object({ name: z.string(), value: z.string(), called: z.boolean() })).default([]),
  ...addedToScans,
  /** Identity of the source; missing if it told none. */
  identity: identitySchema.optional(),
  /** End of the password with which the source was read, where its server tells one. */
  passwordEnds: z.iso.datetime().optional(),
  /** End of the certificate by which the server proved its identity. */
  certificateEnds: z.iso.datetime().optional(),
  /** Warnings of a tool that succeeded. */
  warnings: z.array(z.string()).default([]),
  /** Objects that the tool could not dump, although all rows are there. They make the backup flawed. */
  flaws: z.array(flawSchema).optional(),
  /** Contents of the source that are not in the dump, each with the reason. They make a proof partial. */
  omitted: z.array(z.string()).optional(),
  /** Number of all other objects, by kind: `{ index: 3, view: 1 }`. */
  objects: z.record(z.string(), z.int().min(0)),
});

export type Scan = z.output<typeof scanSchema>;
export type TableScan = Scan['tables'][number];

/**
 * Reads a scan. Throws ObjectMissingError if the vault has lost it, ChecksumError if it differs from the stored one,
 * KeyMissingError if it is sealed and nothing here opens it, DocumentInvalidError if it cannot be understood.
 */
export async function readScan(vault: ReadableVault, object: StoredObject): Promise<Scan> {
  const { key } = object;
  return understood(scanSchema, await unsealed(vault.keys, jsonIn(await readDocument(vault, object), key), key), key);
}

export function writeScan(scan: Scan): Uint8Array {
  return writeDocument(scan);
}

/** Seals a scan for the recipients of a vault; only its engine stays readable. */
export function sealScan({ keys }: Pick<Vault, 'keys'>, scan: Scan): Promise<Uint8Array> {
  return seal(keys, writeScan(scan), { format: scan.format, engine: scan.engine });
}

/** Reads a scan from a file of this machine. */
export function parseScan(bytes: Uint8Array, origin: string): Scan {
  return parseDocument(scanSchema, bytes, origin);
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
    if (other.rows !== table.rows) return [`table ${table.name} has ${counted(other.rows, 'row')} instead of ${table.rows}`];
    if (other.sha256 !== table.sha256) return [`table ${table.name} has other contents in its ${counted(table.rows, 'row')}`];
    return [];
  });
  const places = new Map(found.sequences.map((sequence) => [sequence.name, sequence]));
  const moved = expected.sequences.flatMap(({ name, value, called }) => {
    const other = places.get(name);
    if (!other) return [`sequence ${name} is missing`];
    return other.value === value && other.called === called ? [] : [`sequence ${name} stands at ${other.value} instead of ${value}`];
  });
  const large = areEqual(expected.largeObjects, found.largeObjects)
    ? []
    : [`there are ${found.largeObjects?.count ?? 0} large objects, other than the ${expected.largeObjects?.count ?? 0} of the dump`];
  const added = found.tables.filter((table) => !wanted.has(table.name)).map((table) => `table ${table.name} was not in the dump`);
  return [...unlike, ...moved, ...large, ...added];
}

/** Compares large objects in any order, if both scans tell of them so. */
function areEqual(one: Scan['largeObjects'], other: Scan['largeObjects']): boolean {
  return one?.sum !== undefined && other?.sum !== undefined ? one.sum === other.sum : one?.sha256 === other?.sha256;
}
