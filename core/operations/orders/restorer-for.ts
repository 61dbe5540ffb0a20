import type { Backup } from '../../catalogue/backups.ts';
import { cardOf, type EngineName } from '../../engines/cards.ts';
import type { With } from '../../platform.ts';
import { awsLimits } from '../../policy/aws-limits.ts';

/**
 * Shares of a function's time that a dump and a proof of the backup may have taken for its restore to begin in one: it
 * loads the rows, builds the indexes and dumps all of it again, perhaps on a slower server.
 */
const [dumpShare, proofShare] = [1 / 10, 1 / 3];

/**
 * Chooses where a restore begins. In a function only if it is sure to have time enough by what the backup's dump and
 * proof took, and if what ran out of time would be undone: a build can then begin anew.
 */
export async function restorerFor({ catalogue }: With<'catalogue'>, { bytes, engine, id, proof, seconds }: Backup): Promise<'function' | 'build'> {
  const { functionProofBytes, functionSeconds } = awsLimits;
  const run = await catalogue.runs.get(id);
  const isLong = seconds > functionSeconds * dumpShare || (proof.seconds ?? 0) > functionSeconds * proofShare || bytes > functionProofBytes;
  const neededBuild = run?.dumped !== undefined || run?.provenOnBuild === true;
  return 'undoes' in cardOf(engine as EngineName) && !isLong && !neededBuild ? 'function' : 'build';
}
