import type { DumpOutcome } from '../../catalogue/runs.ts';
import type { With } from '../../platform.ts';
import type { Failure } from '../../workflow/execution.ts';
import { withoutOutcome } from './build-exports.ts';
import type { DumpInput } from './dump.ts';

export interface BuildOutcomeInput extends DumpInput {
  /** Error that AWS reports for the build; null if there was none. */
  failure: Failure | null;
}

/**
 * Returns the outcome of a dump that ran on CodeBuild (`dumpOnBuild`). Without a noted outcome, because the build never
 * began or was killed, it is a failure: InterruptedError.
 */
export async function buildOutcome({ catalogue }: With<'catalogue'>, { run: id, execution, failure }: BuildOutcomeInput): Promise<DumpOutcome> {
  const run = await catalogue.runs.get(id);
  if (run?.dumped && run.execution === execution) return run.dumped;
  return withoutOutcome('the dump', failure, 'the log');
}
