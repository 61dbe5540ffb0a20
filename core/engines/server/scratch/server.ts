import { StorageFullError, ToolFailedError } from '../../../errors.ts';
import type { GuardedProcess } from './guarded-process.ts';
import type { ScratchHome } from './home.ts';

/** Largest dump, in bytes, whose server can do with little memory and a small log. */
export const smallDump = 500_000;

/**
 * A temporary server in a home of its own. Disposing of it removes server and folder; a watchdog does so if this
 * process is killed.
 */
export abstract class HomedServer implements AsyncDisposable {
  readonly #home: ScratchHome;
  readonly #process: GuardedProcess;
  readonly #end: 'SIGQUIT' | 'SIGKILL';
  readonly #ended = new AbortController();
  #isWanted = true;

  /** Takes over a running server. `end` is the signal that ends it. */
  protected constructor(home: ScratchHome, process: GuardedProcess, end: 'SIGQUIT' | 'SIGKILL' = 'SIGQUIT') {
    this.#home = home;
    this.#process = process;
    this.#end = end;
    void process.exit.then(async () => {
      if (this.#isWanted) this.#ended.abort(await failed('the scratch server ended', process));
    });
  }

  /** Path of the data directory. */
  get data(): string {
    return this.#home.data;
  }

  /** Id of the server's own process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** End of the server's output. */
  get lastWords(): string {
    return this.#process.complaint;
  }

  /** Fires if the server ends before it was disposed of. The reason is a ToolFailedError or a StorageFullError. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    this.#process.kill(this.#end);
    await this.#process[Symbol.asyncDispose]();
    await this.#home[Symbol.asyncDispose]();
  }
}

/** Waits until a program that makes a data directory has succeeded. */
export async function untilMade(making: GuardedProcess, name: string, signal: AbortSignal): Promise<void> {
  // after a stop, nothing needs a clean end
  const status = await unlessStopped(making.exit, signal).finally(() => making.kill('SIGKILL'));
  if (status !== 0) throw await failed(`${name} could not make a scratch database`, making);
}

/** Waits until a server has said that it is ready. */
export async function untilReady(serving: GuardedProcess, words: string, signal: AbortSignal): Promise<void> {
  if (!(await unlessStopped(serving.says(words), signal))) throw await failed('the scratch server did not start', serving);
}

async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function failed(what: string, process: GuardedProcess): Promise<ToolFailedError | StorageFullError> {
  const end = await process.exit;
  const words = process.complaint.trim().slice(-800);
  if (/No space left on device|Disk quota exceeded|is full \(/i.test(words)) return new StorageFullError(`${what}: no space left`);
  return new ToolFailedError(`${what} (${end}): ${words || 'it said nothing'}`);
}
