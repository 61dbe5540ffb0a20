import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Launch } from '../../../programs/launch.ts';
import type { Identity } from './identity.ts';
import type { Watchdog } from './watchdog.ts';

export interface GuardedProcessOptions {
  launch: Launch;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  folder: string;
  /** User that it runs as; undefined for our own. */
  identity: Identity | undefined;
  watchdog: Watchdog;
}

/** Longest part of a program's output that is kept, in characters: enough for a server's reason and hint. */
const remembered = 2000;
/** Longest time for PostgreSQL's immediate shutdown, in milliseconds: it gives its own children 5 s. */
const patienceMilliseconds = 6000;

/** A program in a process group of its own. It ends when we dispose of it, or, by the watchdog, when we are killed. */
export class GuardedProcess implements AsyncDisposable {
  /**
   * Resolves to its exit status, the signal that ended it, or the reason why it could not be started. Never rejects.
   */
  readonly exit: Promise<number | string>;
  /** End of its standard error. */
  complaint = '';
  readonly #child: ChildProcess;
  readonly #heard = new Set<() => void>();

  constructor({ launch, args, env, folder, identity, watchdog }: GuardedProcessOptions) {
    const input = launch.input === undefined ? 'ignore' : openSync(launch.input, 'r');
    const child = spawn(launch.command, [...launch.args, ...args], {
      env: { ...launch.env, ...env },
      cwd: folder,
      stdio: [input, 'ignore', 'pipe'],
      detached: true,
      ...identity,
    });
    if (input !== 'ignore') closeSync(input); // the child has its own copy
    this.#child = child;
    watchdog.guard(child.pid);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaint = (this.complaint + text).slice(-remembered);
      for (const heard of this.#heard) heard();
    });
    // not 'close': a process left behind could hold stderr open for ever
    this.exit = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('exit', (code, killer) => {
        watchdog.guard(undefined);
        setImmediate(() => resolve(code ?? killer ?? 'unknown'));
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves to true once it has said this, and to false if it ended before. */
  async says(words: string): Promise<boolean> {
    const said = new Promise<true>((resolve) => {
      const listen = () => this.complaint.includes(words) && resolve(true);
      this.#heard.add(listen);
      listen();
    });
    return await Promise.race([said, this.exit.then(() => false)]);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended by itself
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGQUIT');
    const timer = setTimeout(() => this.kill('SIGKILL'), patienceMilliseconds);
    await this.exit;
    clearTimeout(timer);
    this.#child.stderr?.destroy();
  }
}
