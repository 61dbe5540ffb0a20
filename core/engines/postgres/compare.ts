import { differencesBetween, type Scan } from '../../documents/scan.ts';
import { sumsOf } from './row-sums.ts';
import { type PostgresScan, PostgresScanner } from './scanner.ts';
import type { SchemaText } from './schema-text.ts';

type Source = () => AsyncIterable<Uint8Array>;

/**
 * What the restored database holds, as a scan that differs from the expected one only where contents differ. Order is not content: tables with as many rows but another digest are compared again by the sum of their
 * rows' hashes. The scan has no such sums, so they are taken of the stored dump, whose own rows must then be the scan's in the scan's order.
 */
export async function contentsOf(redump: Source, { open, expected, schema }: { open: Source; expected: Scan; schema: SchemaText }): Promise<Scan> {
  const found: Scan = { ...expected, ...(await scanOf(redump(), schema)) };
  const there = new Map(found.tables.map((table) => [table.name, table]));
  const reordered = expected.tables.filter(({ name, rows, sha256 }) => there.get(name)?.rows === rows && there.get(name)?.sha256 !== sha256);
  if (reordered.length === 0) return found;
  const names = reordered.map(({ name }) => name);
  const stored = new Map((await scanOf(open())).tables.map(({ name, sha256 }) => [name, sha256]));
  const [before, after] = [await sumsOf(open(), names), await sumsOf(redump(), names)];
  const same = reordered.filter(({ name, sha256 }) => stored.get(name) === sha256 && before.get(name) === after.get(name));
  const digests = new Map(same.map(({ name, sha256 }) => [name, sha256]));
  return { ...found, tables: found.tables.map((table) => ({ ...table, sha256: digests.get(table.name) ?? table.sha256 })) };
}

/** Compares a restored database with all that is expected of it. */
export async function compare(redump: Source, parts: Parameters<typeof contentsOf>[1]): Promise<string[]> {
  return differencesBetween(parts.expected, await contentsOf(redump, parts));
}

async function scanOf(dump: AsyncIterable<Uint8Array>, schema?: SchemaText): Promise<PostgresScan> {
  const scanner = new PostgresScanner(schema);
  for await (const block of dump) scanner.write(block);
  return scanner.end();
}
