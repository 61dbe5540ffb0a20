import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { run } from '../../cli/run.ts';
import type { ConfigInput } from '../../core/config/config.ts';
import { loadConfigFile } from '../../core/config/config-file.ts';
import { type LocalPlatform, openLocalPlatform } from '../../local/open-platform.ts';
import { TestClock } from './clock.ts';
import { temporaryFolder } from './folder.ts';
import { TestLog } from './log.ts';
import { sampleDatabase } from './sqlite.ts';

export const program = join(import.meta.dirname, '../../cli/sauvegarde.js');

/** The compiled program is kept between starts, which then take half the time. */
const compileCache = join(import.meta.dirname, '../../node_modules/.cache/sauvegarde-test');

export interface Ended {
  /** The exit status, or the signal that ended it. */
  status: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
}

export interface Running {
  pid: number;
  /** What was said so far. */
  said: { stdout: string; stderr: string };
  /** Resolves when standard output or standard error matches; rejects when the program ends first. */
  until(pattern: RegExp): Promise<void>;
  /** Presses Enter. */
  enter(): void;
  ended: Promise<Ended>;
}

/** Options for a program under test: the variables it gets besides PATH and HOME, the Node that runs it, and a process group of its own. */
export interface StartOptions {
  env?: Record<string, string>;
  node?: string;
  detached?: boolean;
  /** `pipe` for a program that waits for Enter. @default ignore */
  stdin?: 'ignore' | 'pipe';
}

/** A folder with a configuration file and a database `app.sqlite3` that it protects as `app`. */
export function project(config: Partial<ConfigInput> = {}, rows = 50): string {
  const folder = temporaryFolder();
  sampleDatabase(join(folder, 'app.sqlite3'), { rows });
  configure(folder, config);
  return folder;
}

export function configure(folder: string, config: Partial<ConfigInput>): void {
  const { local = { vault: 'vault', state: 'state' }, ...rest } = config;
  // tests run side by side, and a console would be theirs in turn
  const whole = { databases: { app: { engine: 'sqlite', file: 'app.sqlite3' } }, ...rest, local: { console: false, ...local } };
  writeFileSync(join(folder, 'sauvegarde.config.ts'), `export default ${JSON.stringify(whole)};\n`);
}

/** A copy of a project as `prepare` has left it once for all tests of a file: nothing in a project depends on where it lies. To be called outside of tests. */
export function preparedProject(config: Partial<ConfigInput>, prepare: (platform: LocalPlatform) => Promise<unknown>): () => string {
  const original = mkdtempSync(join(tmpdir(), 'sauvegarde-prepared-'));
  beforeAll(async () => {
    sampleDatabase(join(original, 'app.sqlite3'), { rows: 50 });
    configure(original, config);
    using platform = await openLocalPlatform(await loadConfigFile(join(original, 'sauvegarde.config.ts')), { clock: new TestClock(), log: new TestLog() });
    await prepare(platform);
  });
  afterAll(() => rmSync(original, { recursive: true, force: true }));
  return () => {
    const folder = temporaryFolder();
    cpSync(original, folder, { recursive: true });
    return folder;
  };
}

/** Starts the real command line in a folder, without a shell and without this process's environment. It is killed when the test has finished. */
export function start(folder: string, words: string[], { env = {}, node = process.execPath, detached = false, stdin = 'ignore' }: StartOptions = {}): Running {
  const child = spawn(node, [program, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
    detached,
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
      for (const listener of listeners) listener();
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ status: code ?? signal ?? 'SIGKILL', ...said }));
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(detached ? -(child.pid ?? 0) : (child.pid ?? 0), 'SIGKILL');
    await ended;
  });
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(said.stdout) || pattern.test(said.stderr);
      const listener = () => look() && resolve();
      listeners.add(listener);
      listener();
      ended.then((end) => (look() ? resolve() : reject(new Error(`ended with ${end.status} before ${pattern}:\n${end.stdout}${end.stderr}`))), reject);
    });
  return { pid: child.pid ?? 0, said, until, enter: () => child.stdin?.write('\n'), ended };
}

/**
 * Carries a command out to its end in this process as the launcher does in one of its own: in that folder, with that
 * environment and nothing of ours; with `columns`, on a terminal of that width. One after the other. What concerns the
 * process (signals, terminals, how it ends) is tested with `start`.
 */
export function sauvegarde(folder: string, words: string[], { env = {}, columns }: Pick<StartOptions, 'env'> & { columns?: number } = {}): Promise<Ended> {
  const ended = turn.then(() => carriedOut(folder, words, env, columns));
  turn = ended.catch(() => undefined);
  return ended;
}
let turn: Promise<unknown> = Promise.resolve();

async function carriedOut(folder: string, words: string[], env: Record<string, string>, columns?: number): Promise<Ended> {
  const [stdout, stderr] = [new Said(columns), new Said(columns)];
  const [ours, here] = [{ ...process.env }, process.cwd()];
  setEnvironment({ PATH: process.env.PATH ?? '', HOME: folder, ...env });
  process.chdir(folder);
  try {
    const status = await run(words, { stdout, stderr });
    return { status, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.chdir(here);
    setEnvironment(ours);
  }
}

/** In place: libraries read variables from the process, not from this object. */
function setEnvironment(variables: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, variables);
}

/** A stream that remembers; with columns, of a terminal. */
class Said extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly isTTY: boolean;
  readonly columns: number | undefined;

  constructor(columns?: number) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
