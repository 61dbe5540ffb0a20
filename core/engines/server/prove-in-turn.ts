import { DumpMalformedError } from '../../errors.ts';
import { secondsSince } from '../../time/elapsed.ts';
import type { ProofResult } from '../engine.ts';

/** Parts of a proof on a scratch server. */
export interface ProofParts {
  /** Makes everything that the dump needs. Returns what the scratch server cannot have. */
  prepare(): Promise<string[]>;
  /**
   * Restores in one piece and compares. Returns undefined if that failed because of the scratch server, not of the
   * dump. Missing where every proof goes statement by statement.
   */
  whole?(): Promise<ProofResult | undefined>;
  /** Restores and compares everything that the scratch server can hold. */
  partly(missing: string[]): Promise<ProofResult>;
  /** Adds the engine's other findings. */
  completed(result: ProofResult): ProofResult;
}

/**
 * Frames a proof on a scratch server: proves the dump as a whole, and partly only where that cannot be done here. A
 * malformed dump is refuted. Any other error means that the proof could not be tried, and is thrown.
 */
export async function proveInTurn({ prepare, whole, partly, completed }: ProofParts): Promise<ProofResult> {
  const begun = performance.now();
  try {
    const missing = await prepare();
    return completed((missing.length === 0 ? await whole?.() : undefined) ?? (await partly(missing)));
  } catch (error) {
    if (!(error instanceof DumpMalformedError)) throw error;
    return { restoreSeconds: secondsSince(begun), differences: [error.message], flaws: [], unproven: [], notes: [] };
  }
}
