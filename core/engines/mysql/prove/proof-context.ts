import type { Scan } from '../../../documents/scan.ts';
import type { Work } from '../../engine.ts';
import type { Complaint } from '../connect/complaints.ts';
import type { Place } from '../restore/restore-script.ts';
import { comparedByValues } from '../script/compared.ts';
import type { Definitions } from '../script/definitions.ts';
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

/** Statement that failed. */
export interface Failure extends Complaint {
  place: Place;
}

/** Contents of the restored database, and what their comparison showed. */
type Contents = Scan & { notes: string[]; unproven: string[] };

/** Scans the restored database, and compares. Passes the rest to `definitions`. */
export async function contentsOf({ scratch, open, expected, source }: ProofContext, definitions: Definitions): Promise<Contents> {
  const redump = () => scratch.dump(source);
  const first: Scan = { ...expected, ...(await scanOf(redump(), definitions)) };
  const { found, ...rest } = await comparedByValues(first, { expected, open, redump, scanOf });
  return { ...found, ...rest };
}

/** Lists kinds of which the stored dump has another number than its scan. */
export function otherNumbers({ objects }: Scan, { numbers }: Definitions): string[] {
  const kinds = [...new Set([...Object.keys(objects), ...Object.keys(numbers)])];
  return kinds.flatMap((kind) => {
    const [wanted = 0, there = 0] = [objects[kind], numbers[kind]];
    return wanted === there || kind === 'TABLE' ? [] : [`there are ${there} objects of kind ${kind} instead of ${wanted}`];
  });
}
