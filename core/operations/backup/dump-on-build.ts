import type { DumpOutcome } from '../../catalogue/runs.ts';
import { reasonOf } from '../../errors.ts';
import source from '../../workflow/backup.asl.json' with { type: 'json' };
import { type Definition, parseDefinition, type TaskState } from '../../workflow/definition.ts';
import { type ExecutionEnd, reasonOfFailure } from '../../workflow/execution.ts';
import { Interpreter } from '../../workflow/interpreter.ts';
import { type DumpInput, dump } from './dump.ts';

/**
 * Dumps on CodeBuild, where no step of the workflow waits for the answer. Retries as the workflow's step "Dump
 * database" would, and notes the outcome in the run, for `buildOutcome`. If the signal fires, its reason is the dump's
 * failure. Throws only if the outcome cannot be noted.
 */
export async function dumpOnBuild(platform: Parameters<typeof dump>[0], input: DumpInput, signal: AbortSignal): Promise<DumpOutcome> {
  const interpreter = new Interpreter(dumpAlone, {
    clock: platform.clock,
    tasks: { dump: (_, cut) => dump(platform, input, cut) },
    onRetry: ({ failure, seconds }) =>
      platform.log.warn(`${input.run}: the dump failed: ${reasonOfFailure(failure).message}; again in ${seconds} s`, { run: input.run, error: failure.Error }),
  });
  const outcome = outcomeOf(await interpreter.run({ id: input.execution, name: input.run, input: {} }, signal), signal);
  await platform.catalogue.runs.change(input.run, input.execution, (run) => ({ ...run, dumped: outcome }));
  return outcome;
}

const { Retry } = parseDefinition(JSON.stringify(source), {}).States['Dump database'] as TaskState;
const dumpAlone: Definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Dump',
  States: { Dump: { Type: 'Task', Resource: 'dump', Retry, Catch: [], End: true } },
};

function outcomeOf(end: ExecutionEnd, signal: AbortSignal): DumpOutcome {
  if (end.status === 'SUCCEEDED') return { dump: end.output as Extract<DumpOutcome, { dump: unknown }>['dump'] };
  const { name, message } = signal.aborted ? reasonOf(signal.reason) : reasonOfFailure({ Error: end.error ?? 'UnexpectedError', Cause: end.cause ?? '' });
  return { failure: { Error: name, Cause: message } };
}
