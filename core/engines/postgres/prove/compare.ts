import { differencesBetween, type Scan } from '../../../documents/scan.ts';
import { asExpectedButForOrder } from '../../server/reordered.ts';
import type { SchemaText } from '../script/definitions.ts';
import { sumsOf } from '../script/row-sums.ts';
import { type PostgresScan, PostgresScanner } from '../script/scanner.ts';

type Source = () => AsyncIterable<Uint8Array>;

/** What the restored database holds, as a scan that differs from the expected one only where contents differ. */
export async function contentsOf(redump: Source, { open, expected, schema }: { open: Source; expected: Scan; schema: SchemaText }): Promise<Scan> {
  const found: Scan = { ...expected, ...(await scanOf(redump(), schema)) };
  return asExpectedButForOrder(found, { expected, open, redump, scanOf, sumsOf });
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
