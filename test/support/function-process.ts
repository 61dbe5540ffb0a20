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

/**
 * A function as it is deployed: the URL of its handler's module, by which it is known, the URL of the factory that makes
 * the module without compiling it again, if it is not to be loaded itself, and its environment.
 */
export interface DeployedFunction {
  handler: string;
  factory?: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/** Line for `invoke-function.ts`. `remaining` is in milliseconds. */
export interface Invocation extends DeployedFunction {
  event: unknown;
  remaining: number;
}

/** Longest time of a Lambda function, in milliseconds. */
const usualTime = 900_000;

/** Most modules that one process loads: none of them is ever forgotten. */
const mostLoaded = 48;

/**
 * A process that invokes functions (`invoke-function.ts`), one invocation at a time. Starting one takes as long as
 * several invocations, so it serves all functions of all deployments of a file: each has its modules, and the environment
 * is set anew. Dispose of it.
 */
export class FunctionProcess implements AsyncDisposable {
  /** Its log so far. */
  said = '';
  #told = 0;
  readonly #loaded = new Set<string>();
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor({ command, args, env }: Launch, environment: Readonly<Record<string, string>>) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], env: { ...env, ...environment } });
    for (const stream of [child.stdout, child.stderr] as Readable[]) stream.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    child.stdin?.on('error', () => undefined); // it has ended, and there is no answer either
    this.#child = child;
    this.#answers = createInterface(child.stdio[3] as Readable)[Symbol.asyncIterator]();
    this.#ended = once(child, 'close');
  }

  /** True if it can load a module more. */
  get hasRoom(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#loaded.size < mostLoaded;
  }

  /** Waits for the answer to an event. Throws a WorkflowError as Step Functions has it. */
  async invoke(deployed: DeployedFunction, event: unknown, remaining = usualTime): Promise<unknown> {
    this.#loaded.add(deployed.factory ?? deployed.handler);
    this.#child.stdin?.write(`${JSON.stringify({ ...deployed, event, remaining } satisfies Invocation)}\n`);
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

/** Processes in one place, each kept for the next invocation. Dispose of them. */
export class FunctionProcesses implements AsyncDisposable {
  readonly #start: () => FunctionProcess;
  readonly #idle: FunctionProcess[] = [];
  readonly #ending: Promise<void>[] = [];
  readonly #waiting: (() => void)[] = [];
  #turns = 2;

  constructor(start: () => FunctionProcess) {
    this.#start = start;
  }

  /** Starts a process that nothing was loaded in yet, as for a cold start. The caller disposes of it. */
  fresh(): FunctionProcess {
    return this.#start();
  }

  /** Lends a process for one invocation. A third one waits: to load a function again takes longer than a turn. */
  async using<Result>(work: (lent: FunctionProcess) => Promise<Result>): Promise<Result> {
    if (this.#turns === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#turns--;
    try {
      return await this.usingAtOnce(work);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#turns++;
    }
  }

  /** The same for an invocation by a function, which waits for it. */
  async usingAtOnce<Result>(work: (lent: FunctionProcess) => Promise<Result>): Promise<Result> {
    const lent = this.#idle.pop() ?? this.#start();
    try {
      return await work(lent);
    } finally {
      if (lent.hasRoom) this.#idle.push(lent);
      else this.#ending.push(lent[Symbol.asyncDispose]());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#ending, ...this.#idle.splice(0).map((each) => each[Symbol.asyncDispose]())]);
  }
}
