import type { Scan } from '../../documents/scan.ts';

type Source = () => AsyncIterable<Uint8Array>;

/** Two dumps to compare, and the functions that read the engine's dumps. */
export interface Comparison {
  expected: Scan;
  /** Opens the stored dump. */
  open: Source;
  /** Dumps the restored database. */
  redump: Source;
  scanOf(dump: AsyncIterable<Uint8Array>): Promise<Pick<Scan, 'tables'>>;
  /** Sums the hashes of the rows of each of these tables. */
  sumsOf(dump: AsyncIterable<Uint8Array>, tables: string[]): Promise<Map<string, string>>;
}

/**
 * Returns the scan that was found, with the expected digests where only the order of rows differs, since order is not
 * content. Tables with the same number of rows but another digest are compared again by the sum of their rows' hashes.
 * A scan has no such sums, so they are taken from the stored dump, whose own rows must then equal the scan's in its
 * order.
 */
export async function asExpectedButForOrder(found: Scan, { expected, open, redump, scanOf, sumsOf }: Comparison): Promise<Scan> {
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
