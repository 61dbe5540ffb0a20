import * as z from 'zod';
import { type Proof, proofSchema } from '../../documents/proof.ts';
import type { Failure } from '../../workflow/execution.ts';
import { type Exported, exportedOutcome, failureSchema, packResult, withoutOutcome } from './build-exports.ts';
import { type ProveInput, type ProvePlatform, prove } from './prove.ts';
import { stepOnBuild } from './step-on-build.ts';

/** Outcome of a proof that ran on CodeBuild. */
export type ProofOutcome = { proof: Proof } | { failure: Failure };

const outcomeSchema = z.union([z.strictObject({ proof: proofSchema.strict() }), failureSchema]);

/**
 * Proves on CodeBuild. Retries as the workflow's step "Prove backup" would, and returns the outcome for `proofOutcome`
 * as text without a character that a shell or JSON knows. If the signal fires, its reason is the failure. Never throws.
 */
export async function proveOnBuild(platform: ProvePlatform, input: ProveInput, signal: AbortSignal): Promise<string> {
  const made = await stepOnBuild(platform, 'Prove backup', input.run, (cut) => prove(platform, input, cut), signal);
  if ('failure' in made) platform.log.error(made.failure.Cause, { run: input.run, error: made.failure.Error });
  return packResult('the proof', 'result' in made ? { proof: made.result } : made);
}

/** Input of `proofOutcome`, as the workflow has it. */
export interface ProofOutcomeInput {
  run: string;
  /** Variables that the build exported. */
  exported: readonly Exported[];
  /** Error that AWS reports for the build; null if there was none. */
  failure: Failure | null;
}

/**
 * Returns the outcome of a proof that ran on CodeBuild (`proveOnBuild`). Without one, because the build never began or
 * was killed, it is a failure: InterruptedError.
 */
export async function proofOutcome({ run, exported, failure }: ProofOutcomeInput): Promise<ProofOutcome> {
  const outcome = await exportedOutcome(exported, outcomeSchema);
  if (outcome && (!('proof' in outcome) || outcome.proof.backup === run)) return outcome;
  return withoutOutcome('the proof', failure, 'the phases');
}
