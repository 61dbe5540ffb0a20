import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Launch } from '../../core/programs/launch.ts';
import { WorkflowError } from '../../core/workflow/execution.ts';

/** An error as Lambda's runtime reports it. */
export interface InvocationFailure {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

/** Longest time of a Lambda function, in milliseconds. */
const usualTime = 900_000;

/** A function's process (`invoke-function.ts`), which Lambda keeps from one invocation to the next. Dispose of it. */
export class FunctionProcess implements AsyncDisposable {
  /** Its log so far. */
  said = '';
  #told = 0;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor({ command, args, env }: Launch, environment: Readonly<Record<string, string | undefined>>) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], env: { ...env, ...environment } });
    for (const stream of [child.stdout, child.stderr] as Readable[]) stream.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    child.stdin?.on('error', () => undefined); // it has ended, and there is no answer either
    this.#child = child;
    this.#answers = createInterface(child.stdio[3] as Readable)[Symbol.asyncIterator]();
    this.#ended = once(child, 'close');
  }

  /**
   * Waits for the answer to an event. Throws a WorkflowError as Step Functions has it. `remaining` is in milliseconds.
   */
  async invoke(event: unknown, remaining = usualTime): Promise<unknown> {
    this.#child.stdin?.write(`${JSON.stringify({ event, remaining })}\n`);
    const line = await this.#answers.next();
    await setImmediate(); // log lines before the answer can be read in this turn of the loop, or in an earlier one
    if (line.done) throw new Error(`the function ended without an answer: ${this.said}`);
    const answer = JSON.parse(line.value) as { result: unknown } | { error: InvocationFailure };
    if ('error' in answer) throw new WorkflowError(answer.error.errorType, JSON.stringify(answer.error));
    return answer.result;
  }

  /** Returns the log since the last call. */
  news(): string {
    const text = this.said.slice(this.#told);
    this.#told = this.said.length;
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}
