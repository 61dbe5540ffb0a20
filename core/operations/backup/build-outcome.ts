import type { DumpOutcome } from '../../catalogue/runs.ts';
import type { With } from '../../platform.ts';
import type { Failure } from '../../workflow/execution.ts';
import type { DumpInput } from './dump.ts';

export interface BuildOutcomeInput extends DumpInput {
  /** Why the machine that dumped is said to have failed; null when it did not. */
  failure: Failure | null;
}

/** More than the first sentences of what AWS says of a build helps nobody. */
const mostCharacters = 500;

/** What came of a dump that ran apart (`dumpOnBuild`). When nothing was noted, because the machine never began or was killed, that is a failure: an InterruptedError. */
export async function buildOutcome({ catalogue }: With<'catalogue'>, { run: id, execution, failure }: BuildOutcomeInput): Promise<DumpOutcome> {
  const run = await catalogue.runs.get(id);
  if (run?.dumped && run.execution === execution) return run.dumped;
  const why = failure ? ` (${failure.Error}: ${failure.Cause.slice(0, mostCharacters)})` : '';
  return {
    failure: { Error: 'InterruptedError', Cause: `the dump on the larger compute ended and left no word of what came of it${why}; see the log of its build` },
  };
}
