import { reasonOf } from '../../errors.ts';
import type { With } from '../../platform.ts';
import source from '../../workflow/backup.asl.json' with { type: 'json' };
import { parseDefinition, type TaskState } from '../../workflow/definition.ts';
import { type Failure, reasonOfFailure } from '../../workflow/execution.ts';
import { Interpreter } from '../../workflow/interpreter.ts';

/** Steps of the workflow that can run on CodeBuild, and the words for them. */
const words = { 'Dump database': 'dump', 'Prove backup': 'proof' } as const;

const { States } = parseDefinition(JSON.stringify(source), {});

/**
 * Does a step's work on CodeBuild, where no step of the workflow waits for the answer. Retries as that step would. If
 * the signal fires, its reason is the failure. Never throws.
 */
export async function stepOnBuild<Result>(
  { clock, log }: With<never>,
  step: keyof typeof words,
  run: string,
  work: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<{ result: Result } | { failure: Failure }> {
  const { Retry } = States[step] as TaskState;
  const alone: TaskState = { Type: 'Task', Resource: 'work', Retry, Catch: [], End: true };
  const interpreter = new Interpreter(
    { QueryLanguage: 'JSONata', StartAt: step, States: { [step]: alone } },
    {
      clock,
      tasks: { work: (_, cut) => work(cut) },
      onRetry: ({ failure, seconds }) =>
        log.warn(`${run}: the ${words[step]} failed: ${reasonOfFailure(failure).message}; again in ${seconds} s`, { run, error: failure.Error }),
    },
  );
  const end = await interpreter.run({ id: run, name: run, input: {} }, signal);
  if (end.status === 'SUCCEEDED') return { result: end.output as Result };
  const { name, message } = signal.aborted ? reasonOf(signal.reason) : reasonOfFailure({ Error: end.error ?? 'UnexpectedError', Cause: end.cause ?? '' });
  return { failure: { Error: name, Cause: message } };
}
