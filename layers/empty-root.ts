import { execFile, spawn } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { GuardedProcess } from '../core/engines/postgres/guarded-process.ts';
import { Watchdog } from '../core/engines/postgres/watchdog.ts';
import type { Launch } from '../core/launch.ts';
import { launcherOf } from '../core/programs/launcher.ts';
import { readManifest } from '../core/programs/manifest.ts';
import { emulatorFor } from './emulator.ts';
import { readElf } from './recipe/elf.ts';

/** What Lambda's runtimes set; none of it may reach our programs. */
const lambdaLibraryPath = '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib';
/** A user that no passwd file knows, as in Lambda. */
export const stranger = 4242;

export interface Ending {
  /** The exit status, the signal that ended it, or why it could not be started. */
  status: number | string | null;
  out: string;
  err: string;
}

/**
 * A folder that programs take for the whole file system, where they run as a user without a name: `chroot` for root, a user namespace for everybody else. It holds what is put there and an
 * empty folder `/scratch`; nobody else can enter it. Dispose of it; a watchdog does when we are killed.
 */
export class EmptyRoot implements AsyncDisposable {
  readonly #parent: string;
  readonly #watchdog: Watchdog;

  private constructor(parent: string) {
    this.#parent = parent;
    this.#watchdog = new Watchdog([parent]);
  }

  static async make(): Promise<EmptyRoot> {
    const root = new EmptyRoot(await mkdtemp(join(tmpdir(), 'sauvegarde-root-')));
    await mkdir(root.path('/scratch'), { recursive: true });
    await chmod(root.path('/scratch'), 0o777);
    await chmod(root.path('/'), 0o755);
    return root;
  }

  /** Where a path inside lies for us. */
  path(inside: string): string {
    return join(this.#parent, 'root', inside);
  }

  /** Copies a built folder to `/<name>` and says how its programs are started there: by an emulator when they are for another architecture. */
  async install(folder: string, name: string): Promise<(program: string) => Launch> {
    const manifest = await readManifest(folder);
    await cp(folder, this.path(name), { recursive: true });
    const launch = launcherOf(`/${name}`, manifest);
    const emulator = emulatorFor(manifest.architecture);
    if (emulator === undefined) return launch;
    if (emulator === 'none') throw new TypeError(`${folder} is for ${manifest.architecture}, and there is no emulator`);
    await copyFile(emulator, this.path('/emulator'));
    for (const { self } of Object.values(manifest.programs)) {
      const script = this.path(`${name}/${self}`);
      await writeFile(script, (await readFile(script, 'utf8')).replace('\nexec ', '\nexec /emulator '));
    }
    return (program) => {
      const { command, args, ...others } = launch(program);
      return { ...others, command: '/emulator', args: [command, ...args] };
    };
  }

  /** Puts this machine's shell inside, for programs that start each other through one, and a file as /dev/null. Lambda has both. */
  async addShell(): Promise<void> {
    const shell = await realpath('/bin/sh');
    const interpreter = readElf(shell)?.interpreter;
    const listed = interpreter === undefined ? '' : (await promisify(execFile)(interpreter, ['--list', shell])).stdout;
    const libraries = [...listed.matchAll(/=> (\/\S+)/g)].map(([, path = '']) => path);
    for (const [from, to] of [[shell, '/bin/sh'], ...[interpreter ?? '', ...libraries].map((path) => [path, path])] as [string, string][]) {
      if (from === '') continue;
      await mkdir(dirname(this.path(to)), { recursive: true });
      await copyFile(from, this.path(to));
    }
    await mkdir(this.path('/dev'));
    await writeFile(this.path('/dev/null'), '');
    await chmod(this.path('/dev/null'), 0o666);
  }

  /** Runs a program to its end. */
  async run(launch: Launch, words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ending> {
    const { command, args, env } = this.#entering(launch);
    const child = spawn(command, [...args, ...words], { env: { ...env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<Ending['status']>((resolve) =>
      child.on('error', ({ message }) => resolve(message)).on('close', (code, killer) => resolve(code ?? killer)),
    );
    const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { status, out, err };
  }

  /** Starts a program that runs until it is disposed of, or told to stop by another. Only one at a time. */
  start(launch: Launch, words: readonly string[], environment: Readonly<Record<string, string>> = {}): GuardedProcess {
    return new GuardedProcess({ launch: this.#entering(launch), args: words, env: environment, folder: '/', identity: undefined, watchdog: this.#watchdog });
  }

  /** LD_BIND_NOW: a function that no library has stops the program at once and not when it is called. */
  #entering({ command, args, env, links }: Launch): Launch {
    const [enter, ...options] =
      process.getuid?.() === 0
        ? ['/usr/sbin/chroot', `--userspec=${stranger}:${stranger}`, this.path('/')]
        : ['/usr/bin/unshare', '--user', `--map-user=${stranger}`, `--map-group=${stranger}`, `--root=${this.path('/')}`];
    return {
      command: enter ?? '',
      args: [...options, command, ...args],
      env: { ...env, LD_LIBRARY_PATH: lambdaLibraryPath, LD_BIND_NOW: '1' },
      links,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watchdog[Symbol.asyncDispose]();
    // the watchdog has done this, unless somebody killed it
    await rm(this.#parent, { recursive: true, force: true });
  }
}
