import { parseDefinition } from '../../core/workflow/definition.ts';
import type { ExecutionEnd } from '../../core/workflow/execution.ts';
import { Interpreter, type InterpreterOptions, type Task } from '../../core/workflow/interpreter.ts';
import { TestClock } from './clock.ts';
import { never } from './never.ts';

export type StateInput = Record<string, unknown>;
export type TestExecution = ExecutionEnd & { clock: TestClock; retries: Parameters<NonNullable<InterpreterOptions['onRetry']>>[0][] };

/** Runs a definition of these states, the first one first; the resource `work` does `task`. */
export async function execute(
  states: Record<string, StateInput>,
  {
    task = async () => ({}),
    input = {},
    top = {},
    clock = new TestClock(),
    signal = never,
  }: { task?: Task; input?: unknown; top?: StateInput; clock?: TestClock; signal?: AbortSignal } = {},
): Promise<TestExecution> {
  const text = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], ...top, States: states });
  const retries: TestExecution['retries'] = [];
  const interpreter = new Interpreter(parseDefinition(text, {}), { tasks: { work: task }, clock, onRetry: (retry) => retries.push(retry) });
  return { ...(await interpreter.run({ id: 'process:run:1', name: 'run', input }, signal)), clock, retries };
}

/** Makes a task that meets these fates in turn: throws an error, or returns anything else. */
export function fated(...fates: unknown[]): Task & { inputs: unknown[] } {
  const inputs: unknown[] = [];
  const task: Task = async (input) => {
    inputs.push(input);
    const fate = fates[Math.min(inputs.length, fates.length) - 1];
    if (fate instanceof Error) throw fate;
    return fate;
  };
  return Object.assign(task, { inputs });
}
