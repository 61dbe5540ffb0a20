import type { Scan } from '../../../documents/scan.ts';
import type { Work } from '../../engine.ts';
import { asExpectedButForOrder } from '../../server/reordered.ts';
import type { Complaint } from '../connect/complaints.ts';
import type { Place } from '../restore/restore-script.ts';
import type { Definitions } from '../script/definitions.ts';
import { type SumsAs, sumsOf } from '../script/row-sums.ts';
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

/**
 * Scans the restored database. The result differs from the expected scan only where contents differ. Passes the rest to
 * `definitions`. Values are compared where texts differ: numbers in JSON, which a server writes in its own way.
 */
export async function contentsOf({ scratch, open, expected, source }: ProofContext, definitions: Definitions): Promise<Contents> {
  const redump = () => scratch.dump(source);
  const first: Scan = { ...expected, ...(await scanOf(redump(), definitions)) };
  const compared = (found: Scan, as?: SumsAs) =>
    asExpectedButForOrder(found, { expected, open, redump, scanOf, sumsOf: (dump, tables) => sumsOf(dump, tables, { as }) });
  const ordered = await compared(first);
  const exact = await compared(ordered, 'values');
  const rounded = await compared(exact, 'doubles');
  const otherTexts = becameEqual(ordered, exact).map(
    (name) => `table ${name}: numbers came back equal and are written otherwise (a JSON DECIMAL is a DOUBLE now)`,
  );
  const otherDigits = becameEqual(exact, rounded).map((name) => `table ${name}: numbers in JSON have more digits than the text of a dump gives back`);
  return { ...rounded, notes: otherTexts, unproven: otherDigits };
}

/** Lists the tables that the second of two comparisons found equal. */
function becameEqual(before: Scan, after: Scan): string[] {
  const digests = new Map(before.tables.map(({ name, sha256 }) => [name, sha256]));
  return after.tables.filter(({ name, sha256 }) => digests.get(name) !== sha256).map(({ name }) => name);
}

/** Lists kinds of which the stored dump has another number than its scan. */
export function otherNumbers({ objects }: Scan, { numbers }: Definitions): string[] {
  const kinds = [...new Set([...Object.keys(objects), ...Object.keys(numbers)])];
  return kinds.flatMap((kind) => {
    const [wanted = 0, there = 0] = [objects[kind], numbers[kind]];
    return wanted === there || kind === 'TABLE' ? [] : [`there are ${there} objects of kind ${kind} instead of ${wanted}`];
  });
}
