import type { DumpOutcome } from '../../catalogue/runs.ts';
import { type DumpInput, dump } from './dump.ts';
import { stepOnBuild } from './step-on-build.ts';

/**
 * Dumps on CodeBuild. Retries as the workflow's step "Dump database" would, and notes the outcome in the run, for
 * `buildOutcome`. If the signal fires, its reason is the dump's failure. Throws only if the outcome cannot be noted.
 */
export async function dumpOnBuild(platform: Parameters<typeof dump>[0], input: DumpInput, signal: AbortSignal): Promise<DumpOutcome> {
  const made = await stepOnBuild(platform, 'Dump database', input.run, (cut) => dump(platform, input, cut), signal);
  const outcome = 'result' in made ? { dump: made.result } : made;
  await platform.catalogue.runs.change(input.run, input.execution, (run) => ({ ...run, dumped: outcome }));
  return outcome;
}
