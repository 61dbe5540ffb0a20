import { InterruptedError, reasonOf } from '../core/errors.ts';
import { runId } from '../core/names.ts';
import type { With } from '../core/platform.ts';
import type { ExecutionEnd } from '../core/workflow/execution.ts';
import type { Ended, Executions } from '../core/workflow/executions.ts';
import type { BackupRequest } from '../core/workflow/request.ts';
import { type Presence, processOf, runOf } from './presence.ts';

/** Runs the workflow to its end; ABORTED if the signal fires. */
export type Run = (input: BackupRequest, signal: AbortSignal) => Promise<ExecutionEnd>;

/** Ports of executions, and the processes that may run some. */
export type Surroundings = Pick<With<'catalogue'>, 'catalogue' | 'clock'> & { presence: Pick<Presence, 'id' | 'others'> };

/** Executions in this process, by the interpreter: `atOnce` at a time, the others in their order. */
export class LocalExecutions implements Executions {
  readonly #platform: Surroundings;
  readonly #run: Run;
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();
  /** Databases of the executions that have not ended, by name. */
  readonly #unended = new Map<string, string>();
  readonly #ends = new Map<string, Promise<ExecutionEnd>>();
  /** Runs that could not even be settled, with what kept them from it. */
  readonly #unsettled = new Map<string, string>();
  readonly #stopped = new AbortController();

  constructor(platform: Surroundings, run: Run, atOnce: number) {
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
   * Returns the end of an execution whose process is gone, or that could not be settled here; what others know of its
   * end is in the catalogue.
   */
  async endOf(id: string): Promise<Ended | undefined> {
    const { presence } = this.#platform;
    const owner = processOf(id);
    const isAlive = owner === presence.id || presence.others().some((other) => other.id === owner && other.alive);
    const cause = isAlive ? this.#unsettled.get(runOf(id)) : 'the process that ran it ended without recording a result (killed, or the machine went down)';
    return cause === undefined ? undefined : { status: 'FAILED', error: 'InterruptedError', cause };
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
    if (!signal.aborted) return this.#followed(input, signal);
    const now = this.#platform.clock.now();
    return { id: name, name, input, startedAt: now, endedAt: now, status: 'ABORTED' };
  }

  /** Runs, and remembers a run whose end cannot be recorded. */
  async #followed(input: BackupRequest, signal: AbortSignal): Promise<ExecutionEnd> {
    const run = runId(input.database, new Date(input.slot), input.kind);
    this.#unsettled.delete(run);
    try {
      return await this.#run(input, signal);
    } catch (error) {
      this.#unsettled.set(run, `its end could not be recorded: ${reasonOf(error).message}`);
      throw error;
    }
  }
}
