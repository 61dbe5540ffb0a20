import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Reads process groups, one a line, until its input ends, which the kernel ensures however we die. Then it ends the
 * last group it was given (SIGQUIT: PostgreSQL's immediate shutdown) and removes the folders. An empty line means that
 * nothing is running. It waits five seconds, as long as a PostgreSQL server gives its own children. A zombie (Z) has
 * ended, though in a container nobody may collect it.
 */
const script = `
while read -r line; do group=$line; done
if [ -n "$group" ]; then
  kill -s QUIT -- "-$group"
  for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    kill -s 0 -- "-$group" || break
    read -r stat <"/proc/$group/stat" && case $stat in *") Z "*) break ;; esac
    sleep 0.2
  done
  kill -s KILL -- "-$group"
fi 2>/dev/null
for turn in 1 2 3 4 5; do rm -rf -- "$@" && break; sleep 0.2; done
`;

/** A process that outlives this one, until it has stopped what was started and removed what was written. */
export class Watchdog implements AsyncDisposable {
  readonly #shell: ChildProcess;
  readonly #gone: Promise<unknown>;

  /** Starts a watchdog, which removes `folders` at the end. */
  constructor(folders: readonly string[]) {
    // detached: Ctrl-C in a terminal goes to every process of the foreground group
    this.#shell = spawn('/bin/sh', ['-c', script, 'sh', ...folders], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: { PATH: '/usr/bin:/bin' } });
    this.#shell.stdin?.on('error', () => undefined); // it was killed; disposing removes the folders too
    this.#gone = once(this.#shell, 'close').catch(() => undefined);
  }

  /** Sets the process group to end; `undefined` once it has ended. */
  guard(group: number | undefined): void {
    this.#shell.stdin?.write(`${group ?? ''}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell.stdin?.end();
    await this.#gone;
  }
}
