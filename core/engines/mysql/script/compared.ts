import type { Scan } from '../../../documents/scan.ts';
import { asExpectedButForOrder, type Comparison } from '../../server/reordered.ts';
import { type SumsAs, sumsOf } from './row-sums.ts';

interface Compared {
  /** The scan that was found. Digests differ from the expected ones only where contents differ. */
  found: Scan;
  notes: string[];
  /** Sentences about tables whose rows came back with other values that a dump does not hold. */
  unproven: string[];
}

/** Ways to compare the rows of tables whose texts differ, each more lenient than the one before. */
const ways: SumsAs[] = [undefined, 'values', 'doubles', 'stored'];

/**
 * Compares the rows of restored tables with those of the stored dump: as they stand, then in any order, then by values.
 * `canonicalName` maps names to those of the expected scan.
 */
export async function comparedByValues(first: Scan, comparison: Omit<Comparison, 'sumsOf'>, canonicalName?: (name: string) => string): Promise<Compared> {
  let found = first;
  const equal = new Map<SumsAs, string[]>();
  const withHistory = comparison.expected.mysql?.options.includes('--dump-history') ?? false;
  for (const as of ways) {
    const next = await asExpectedButForOrder(found, {
      ...comparison,
      sumsOf: (dump, tables) => sumsOf(dump, tables, { as, withHistory, ...(canonicalName && { canonicalName }) }),
    });
    equal.set(as, becameEqual(found, next));
    found = next;
  }
  const each = (as: SumsAs, sentence: string) => (equal.get(as) ?? []).map((name) => `table ${name}: ${sentence}`);
  return {
    found,
    notes: each('values', 'numbers came back equal and are written otherwise (a JSON DECIMAL is a DOUBLE now)'),
    unproven: [
      ...each('doubles', 'numbers in JSON have more digits than the text of a dump gives back'),
      ...each('stored', 'every stored value came back equal, but its generated columns were computed again and have other values'),
    ],
  };
}

/** Lists the tables that the second of two comparisons found equal. */
function becameEqual(before: Scan, after: Scan): string[] {
  const digests = new Map(before.tables.map(({ name, sha256 }) => [name, sha256]));
  return after.tables.filter(({ name, sha256 }) => digests.get(name) !== sha256).map(({ name }) => name);
}
