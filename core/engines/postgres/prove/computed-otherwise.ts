import type { Flaw } from '../../../documents/flaw.ts';
import { generatedValues } from '../dump/generated-values.ts';
import type { ProofContext } from './proof-context.ts';

/** Kinds of objects that an expression calls, or that decide the value of what it calls. */
const called = /^(AGGREGATE|CAST|COLLATION|CONVERSION|DOMAIN|EXTENSION|FUNCTION|OPERATOR|TEXT SEARCH|TRANSFORM|TYPE) /;

/**
 * Finds tables whose stored generated columns have other values than at the source. No dump holds them: a restore
 * computes them anew, and a function may have been replaced since, or depend on more than its arguments. They are
 * unproven where this server is in another locale than the source, or lacks something of it.
 */
export async function computedOtherwise(
  { scratch, expected, unlike }: ProofContext,
  { missing, objects }: { missing: readonly string[]; objects: readonly string[] } = { missing: [], objects: [] },
): Promise<{ flaws: Flaw[]; unproven: string[] }> {
  const wanted = Object.entries(expected.source?.generated ?? {});
  if (wanted.length === 0) return { flaws: [], unproven: [] };
  const found = await scratch.reading(generatedValues);
  const flaws = wanted
    .filter(([name, digest]) => found[name] !== undefined && found[name] !== digest)
    .map(([name]) => ({
      what: `GENERATED COLUMNS of ${name}: a restore computes other values than the source has stored, because a function of theirs was changed, or depends on more than the row`,
      remedy: `let the source compute them again, if the new values are right: UPDATE ${name} SET … = DEFAULT, for each generated column; if the old ones are, keep them in a column of their own`,
    }));
  // a function may depend on what this server has otherwise, and a text search goes on without a dictionary
  const isOther = unlike.length > 0 || missing.length > 0 || objects.some((object) => called.test(object));
  return isOther ? { flaws: [], unproven: flaws.map(({ what }) => what) } : { flaws, unproven: [] };
}
