import type { Scan } from '../../documents/scan.ts';
import type { Work } from '../engine.ts';
import { asExpectedButForOrder } from '../reordered.ts';
import { sumsOf } from './row-sums.ts';
import { type MysqlScan, MysqlScanner } from './scanner.ts';
import type { ScratchDatabase, Source } from './scratch-database.ts';

/** What a proof works with. */
export interface Trial {
  scratch: ScratchDatabase;
  open: () => AsyncIterable<Uint8Array>;
  expected: Scan;
  source: Source;
  work: Work;
}

/** What the restored database holds, as a scan that differs from the expected one only where contents differ. */
export async function contentsOf({ scratch, open, expected, source }: Trial): Promise<Scan> {
  const redump = () => scratch.dump(source);
  return asExpectedButForOrder({ ...expected, ...(await scanOf(redump())) }, { expected, open, redump, scanOf, sumsOf });
}

/** Kinds of which the restored database has another number. */
export function otherNumbers(expected: Scan, found: Scan): string[] {
  const kinds = [...new Set([...Object.keys(expected.objects), ...Object.keys(found.objects)])];
  return kinds.flatMap((kind) => {
    const [wanted = 0, there = 0] = [expected.objects[kind], found.objects[kind]];
    return wanted === there || kind === 'TABLE' ? [] : [`there are ${there} objects of kind ${kind} instead of ${wanted}`];
  });
}

/** A dump's scan. */
export async function scanOf(dump: AsyncIterable<Uint8Array>): Promise<MysqlScan> {
  const scanner = new MysqlScanner();
  for await (const block of dump) scanner.write(block);
  return scanner.end();
}
