import type { Scan } from '../../../documents/scan.ts';
import type { Work } from '../../engine.ts';
import { asExpectedButForOrder } from '../../server/reordered.ts';
import type { Definitions } from '../script/definitions.ts';
import { sumsOf } from '../script/row-sums.ts';
import { scanOf } from '../script/scanner.ts';
import type { ScratchDatabase, Source } from './scratch-database.ts';

/** Everything that a proof works with. */
export interface ProofContext {
  scratch: ScratchDatabase;
  open: () => AsyncIterable<Uint8Array>;
  expected: Scan;
  source: Source;
  work: Work;
}

/**
 * Scans the restored database. The result differs from the expected scan only where contents differ. Passes the rest to
 * `definitions`.
 */
export async function contentsOf({ scratch, open, expected, source }: ProofContext, definitions: Definitions): Promise<Scan> {
  const redump = () => scratch.dump(source);
  return asExpectedButForOrder({ ...expected, ...(await scanOf(redump(), definitions)) }, { expected, open, redump, scanOf, sumsOf });
}

/** Lists kinds of which the stored dump has another number than its scan. */
export function otherNumbers({ objects }: Scan, { numbers }: Definitions): string[] {
  const kinds = [...new Set([...Object.keys(objects), ...Object.keys(numbers)])];
  return kinds.flatMap((kind) => {
    const [wanted = 0, there = 0] = [objects[kind], numbers[kind]];
    return wanted === there || kind === 'TABLE' ? [] : [`there are ${there} objects of kind ${kind} instead of ${wanted}`];
  });
}
