import jsonata from 'jsonata';
import { InterruptedError, reasonOf } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Definition, State, TaskState, Template } from './definition.ts';
import { type ExecutionEnd, type Failure, stateErrors, WorkflowError } from './execution.ts';

/** Largest input or output of a state in Step Functions, in bytes of UTF-8. */
const stateLimit = 262_144;

/** Work of a Task: gets its Arguments, returns its result. Retry and Catch know an error by its `name`. */
export type Task = (input: unknown, signal: AbortSignal) => Promise<unknown>;

export interface InterpreterOptions {
  /** Tasks by Resource. */
  tasks: Record<string, Task>;
  clock: Clock;
  /** Called before each wait for a retry. */
  onRetry?(retry: { state: string; failure: Failure; attempt: number; seconds: number }): void;
}

interface Scope {
  input: unknown;
  variables: Record<string, unknown>;
  /** Failure of the last attempt, until one succeeds. */
  failure?: Failure | undefined;
  context: { Execution: { Id: string; Name: string; StartTime: string; Input: unknown }; State: { Name: string; EnteredTime: string; RetryCount: number } };
}

/** Next step of an execution: another state with its input, or its end. */
type Step = { next: string; input: unknown } | { end: Omit<ExecutionEnd, 'id' | 'name' | 'input' | 'startedAt' | 'endedAt'> };

/** Runs a definition as Step Functions would: same order, same retries, same errors, same limit on states. */
export class Interpreter {
  readonly #definition: Definition;
  readonly #options: InterpreterOptions;

  constructor(definition: Definition, options: InterpreterOptions) {
    this.#definition = definition;
    this.#options = options;
  }

  /**
   * Resolves to the execution's end in every case; never rejects. If the signal fires, the execution is ABORTED, as by
   * StopExecution.
   */
  async run({ id, name, input }: { id: string; name: string; input: unknown }, signal: AbortSignal): Promise<ExecutionEnd> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    const limit = (this.#definition.TimeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const cut = limit < 2 ** 31 ? AbortSignal.any([signal, AbortSignal.timeout(limit)]) : signal;
    const scope: Scope = {
      input,
      variables: {},
      context: { Execution: { Id: id, Name: name, StartTime: startedAt.toISOString(), Input: input }, State: { Name: '', EnteredTime: '', RetryCount: 0 } },
    };
    const ended = await this.#walk(scope, startedAt.getTime() + limit, cut, signal);
    return { id, name, input, startedAt, endedAt: clock.now(), ...ended };
  }

  async #walk(scope: Scope, deadline: number, cut: AbortSignal, aborted: AbortSignal): Promise<Extract<Step, { end: unknown }>['end']> {
    let at = this.#definition.StartAt;
    try {
      while (true) {
        scope.context.State = { Name: at, EnteredTime: this.#options.clock.now().toISOString(), RetryCount: 0 };
        const step = await this.#enter(this.#definition.States[at] as State, scope, deadline, cut);
        if ('end' in step) return step.end;
        at = step.next;
        scope.input = step.input;
      }
    } catch (error) {
      const before = scope.failure && { error: scope.failure.Error, cause: scope.failure.Cause };
      if (aborted.aborted) return { status: 'ABORTED', ...before };
      if (cut.aborted || (error instanceof WorkflowError && error.error === stateErrors.timeout)) return { status: 'TIMED_OUT', ...before };
      const { Error: name, Cause: cause } = failureOf(error);
      return { status: 'FAILED', error: name, cause };
    }
  }

  async #enter(state: State, scope: Scope, deadline: number, cut: AbortSignal): Promise<Step> {
    cut.throwIfAborted();
    switch (state.Type) {
      case 'Task':
        return this.#task(state, scope, deadline, cut);
      case 'Choice': {
        for (const rule of state.Choices) {
          if ((await this.#condition(rule.Condition, scope)) === true) return this.#leave({ ...rule, Type: 'Choice' }, scope, {}, scope.input);
        }
        if (state.Default === undefined) throw new WorkflowError(stateErrors.noChoice, `no choice of ${scope.context.State.Name} matched`);
        return { next: state.Default, input: scope.input };
      }
      case 'Pass':
        return this.#leave(state, scope, {}, scope.input);
      case 'Wait': {
        const seconds = await this.#fill(state.Seconds, scope, {});
        if (typeof seconds !== 'number') throw new WorkflowError(stateErrors.query, `Seconds of ${scope.context.State.Name} is no number`);
        await this.#sleep(seconds, deadline, cut);
        return this.#leave(state, scope, {}, scope.input);
      }
      case 'Succeed':
        return { end: { status: 'SUCCEEDED', output: limited(state.Output === undefined ? scope.input : await this.#fill(state.Output, scope, {}), scope) } };
      case 'Fail':
        return {
          end: {
            status: 'FAILED',
            ...(state.Error !== undefined && { error: await this.#text(state.Error, scope) }),
            ...(state.Cause !== undefined && { cause: await this.#text(state.Cause, scope) }),
          },
        };
    }
  }

  async #task(state: TaskState, scope: Scope, deadline: number, cut: AbortSignal): Promise<Step> {
    const tries = state.Retry.map(() => 0);
    while (true) {
      try {
        const task = this.#options.tasks[state.Resource];
        if (!task) throw new WorkflowError(stateErrors.runtime, `nothing does the work of ${state.Resource}`);
        const args = limited(state.Arguments === undefined ? scope.input : await this.#fill(state.Arguments, scope, {}), scope);
        const result = limited(JSON.parse(JSON.stringify((await task(args, cut)) ?? null)), scope);
        scope.failure = undefined;
        return await this.#leave(state, scope, { result }, result);
      } catch (error) {
        cut.throwIfAborted();
        const failure = failureOf(error);
        scope.failure = failure;
        const which = state.Retry.findIndex(({ ErrorEquals }) => matches(ErrorEquals, failure.Error));
        const retrier = state.Retry[which];
        const tried = tries[which] ?? 0;
        if (retrier && tried < retrier.MaxAttempts) {
          tries[which] = tried + 1;
          const seconds = pauseOf(retrier, tried);
          this.#options.onRetry?.({ state: scope.context.State.Name, failure, attempt: tried + 1, seconds });
          await this.#sleep(seconds, deadline, cut);
          scope.context.State.RetryCount += 1;
          continue;
        }
        const catcher = state.Catch.find(({ ErrorEquals }) => matches(ErrorEquals, failure.Error));
        if (!catcher) throw error;
        return this.#leave(catcher, scope, { errorOutput: failure }, failure);
      }
    }
  }

  /** Leaves a state. Output and Assign both see the variables as they were when the state was entered. */
  async #leave(
    { Output, Assign, Next }: { Output?: Template | undefined; Assign?: Record<string, Template> | undefined; Next?: string | undefined; Type?: string },
    scope: Scope,
    states: { result?: unknown; errorOutput?: Failure },
    otherwise: unknown,
  ): Promise<Step> {
    const output = limited(Output === undefined ? otherwise : await this.#fill(Output, scope, states), scope);
    const assigned = Assign && limited(await this.#fill(Assign, scope, states), scope);
    Object.assign(scope.variables, assigned);
    return Next === undefined ? { end: { status: 'SUCCEEDED', output } } : { next: Next, input: output };
  }

  async #condition(expression: string, scope: Scope): Promise<boolean> {
    const value = await this.#fill(expression, scope, {});
    if (typeof value !== 'boolean')
      throw new WorkflowError(stateErrors.query, `the condition ${expression} of ${scope.context.State.Name} is neither true nor false`);
    return value;
  }

  async #text(template: string, scope: Scope): Promise<string> {
    const value = await this.#fill(template, scope, {});
    if (typeof value !== 'string') throw new WorkflowError(stateErrors.query, `${template} of ${scope.context.State.Name} is no text`);
    return value;
  }

  async #sleep(seconds: number, deadline: number, cut: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (clock.now().getTime() + seconds * 1000 > deadline) throw new WorkflowError(stateErrors.timeout, 'the execution ran out of time');
    await clock.sleep(seconds * 1000, cut);
  }

  async #fill(template: Template, scope: Scope, states: { result?: unknown; errorOutput?: Failure }): Promise<unknown> {
    if (typeof template === 'string') return this.#evaluate(template, scope, states);
    if (Array.isArray(template)) return Promise.all(template.map((item) => this.#fill(item, scope, states)));
    if (typeof template !== 'object' || template === null || isLiteral(template)) return template;
    const entries = await Promise.all(Object.entries(template).map(async ([key, value]) => [key, await this.#fill(value, scope, states)] as const));
    return Object.fromEntries(entries);
  }

  async #evaluate(text: string, { input, variables, context }: Scope, states: { result?: unknown; errorOutput?: Failure }): Promise<unknown> {
    const expression = /^\{%(.*)%\}$/s.exec(text)?.[1];
    if (expression === undefined) return text;
    let json: string | undefined; // undefined for no value
    try {
      const value: unknown = await compiled(expression).evaluate(undefined, { ...variables, states: { input, context, ...states } });
      json = JSON.stringify(value); // throws for a function
    } catch (cause) {
      throw new WorkflowError(stateErrors.query, `${text} of ${context.State.Name} cannot be evaluated: ${(cause as Error).message}`);
    }
    if (json === undefined) throw new WorkflowError(stateErrors.query, `${text} of ${context.State.Name} has no value`);
    return JSON.parse(json);
  }
}

/** Templates without an expression, of which a definition has many. */
const literals = new WeakMap<object, boolean>();

function isLiteral(template: object): boolean {
  const known = literals.get(template);
  if (known !== undefined) return known;
  const isOne = !JSON.stringify(template).includes('{%');
  literals.set(template, isOne);
  return isOne;
}

/** Expressions by their text: they are the definition's own, and compiling one takes longer than evaluating it. */
const expressions = new Map<string, jsonata.Expression>();

function compiled(text: string): jsonata.Expression {
  const known = expressions.get(text);
  if (known) return known;
  const made = jsonata(text);
  expressions.set(text, made);
  return made;
}

/**
 * Returns the seconds before another attempt: with jitter, anything up to the back-off (States Language, "Retrying").
 */
function pauseOf(
  { BackoffRate, IntervalSeconds, JitterStrategy, MaxDelaySeconds = Number.POSITIVE_INFINITY }: TaskState['Retry'][number],
  tried: number,
): number {
  const longest = Math.min(IntervalSeconds * BackoffRate ** tried, MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? longest * Math.random() : longest;
}

function limited<T>(value: T, { context }: Scope): T {
  const size = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (size > stateLimit) throw new WorkflowError(stateErrors.dataLimit, `state ${context.State.Name} has ${size} bytes of data; ${stateLimit} are allowed`);
  return value;
}

/**
 * Compares error names. `States.ALL` stands for everything except errors that no retry or other path can resolve
 * (States Language, "Error Names").
 */
function matches(names: string[], error: string): boolean {
  if (names.includes(error)) return true;
  const terminal = error === stateErrors.dataLimit || error === stateErrors.runtime;
  return !terminal && (names.includes(stateErrors.all) || (names.includes(stateErrors.taskFailed) && error !== stateErrors.timeout));
}

/** Returns the name and cause under which an error is known; the cause is JSON as Lambda writes it. */
function failureOf(error: unknown): Failure {
  if (error instanceof WorkflowError) return { Error: error.error, Cause: error.message };
  const { name, message } = error instanceof DOMException ? reasonOf(new InterruptedError(error.message)) : reasonOf(error);
  return { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message }) };
}
