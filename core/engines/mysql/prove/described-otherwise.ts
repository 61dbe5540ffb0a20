import type { Definitions } from '../script/definitions.ts';
import type { ProofContext } from './proof-context.ts';

interface Restored {
  /** Definitions in the stored dump, and in the dump of what it was restored to. */
  stored: Definitions;
  restored: Definitions;
  /** Objects that are known to be otherwise, by kind and name. */
  except: ReadonlySet<string>;
}

/**
 * Compares the server's own descriptions of what came back with those that the source's server gave. Independent of the
 * dump tool, which would leave out the same twice. Servers of other versions write other descriptions, so they are
 * compared between equal versions alone.
 */
export async function describedOtherwise({ scratch, source }: ProofContext, { stored, restored, except }: Restored): Promise<string[]> {
  if (!source.described || stored.version !== restored.version) return [];
  const { digests } = await scratch.described(Object.keys(source.described));
  return Object.entries(source.described).flatMap(([name, digest]) => {
    const now = digests.get(name);
    return now === undefined || now === digest || except.has(name) ? [] : [`${name} came back otherwise than the source's server described it`];
  });
}
