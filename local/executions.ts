import { InterruptedError } from '../core/errors.ts';
import type { With } from '../core/platform.ts';
import type { ExecutionEnd } from '../core/workflow/execution.ts';
import type { Executions } from '../core/workflow/executions.ts';
import type { BackupRequest } from '../core/workflow/request.ts';

/** Runs the workflow to its end; ABORTED if the signal fires. */
export type Run = (input: BackupRequest, signal: AbortSignal) => Promise<ExecutionEnd>;

/** Executions in this process, by the interpreter: `atOnce` at a time, the others in their order. */
export class LocalExecutions implements Executions {
  readonly #platform: Pick<With<'catalogue'>, 'catalogue' | 'clock'>;
  readonly #run: Run;
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();
  /** Databases of the executions that have not ended, by name. */
  readonly #unended = new Map<string, string>();
  readonly #ends = new Map<string, Promise<ExecutionEnd>>();
  readonly #stopped = new AbortController();

  constructor(platform: Pick<With<'catalogue'>, 'catalogue' | 'clock'>, run: Run, atOnce: number) {
    this.#platform = platform;
    this.#run = run;
    this.#atOnce = atOnce;
  }

  /** Starts an execution, as the port says; a name that another process has used is known by its run. */
  async start(name: string, input: BackupRequest): Promise<'started' | 'exists'> {
    if (this.#ends.has(name) || (await this.#platform.catalogue.runs.get(name)) || this.#ends.has(name)) return 'exists';
    const { promise, resolve, reject } = Promise.withResolvers<ExecutionEnd>();
    promise.catch(() => undefined).finally(() => this.#unended.delete(name)); // `ended` throws it
    this.#ends.set(name, promise);
    this.#unended.set(name, input.database);
    this.#waiting.push(() => {
      const running = this.#begin(name, input)
        .then(resolve, reject)
        .finally(() => {
          this.#running.delete(running);
          this.#fill();
        });
      this.#running.add(running);
    });
    this.#fill();
    return 'started';
  }

  /**
   * Waits for the end of an execution that was started here; once for each. Throws the error of one that cannot be
   * settled.
   */
  async ended(name: string): Promise<ExecutionEnd> {
    const end = this.#ends.get(name);
    if (!end) throw new RangeError(`no execution ${name} was started here`);
    try {
      return await end;
    } finally {
      this.#ends.delete(name);
    }
  }

  /** Returns an execution of this process that works on the database or waits for its turn; undefined if none does. */
  underWay(database: string): string | undefined {
    return [...this.#unended].find(([, each]) => each === database)?.[0];
  }

  /** Aborts what runs, lets nothing begin any more, and waits until all has ended. */
  async stop(reason: unknown = new InterruptedError('stopped')): Promise<void> {
    this.#stopped.abort(reason);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #fill(): void {
    while (this.#running.size < this.#atOnce) {
      const begin = this.#waiting.shift();
      if (!begin) return;
      begin();
    }
  }

  /** Begins an execution; one that was waiting when all was stopped leaves no run behind. */
  async #begin(name: string, input: BackupRequest): Promise<ExecutionEnd> {
    const { signal } = this.#stopped;
    if (!signal.aborted) return this.#run(input, signal);
    const now = this.#platform.clock.now();
    return { id: name, name, input, startedAt: now, endedAt: now, status: 'ABORTED' };
  }
}
