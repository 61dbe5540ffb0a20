import { execFile, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { GuardedProcess } from '../core/engines/server/scratch/guarded-process.ts';
import { Watchdog } from '../core/engines/server/scratch/watchdog.ts';
import type { Launch } from '../core/programs/launch.ts';
import { launcherOf } from '../core/programs/launcher.ts';
import { readManifest } from '../core/programs/manifest.ts';
import { emulatorFor } from './emulator.ts';
import { readElf } from './recipe/elf.ts';

const runHere = promisify(execFile);

/** Library path that Lambda's runtimes set; our programs must not need it. */
export const lambdaLibraryPath = '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib';
/** A user in no passwd file, as in Lambda. */
export const stranger = 4242;

export interface Ending {
  /** Exit status, signal that ended it, or reason why it could not be started. */
  status: number | string | null;
  out: string;
  err: string;
}

/**
 * A folder that programs take for the whole file system, where they run as a user without a name: by `chroot` for root,
 * by a user namespace for everybody else. It holds only the files put there, and an empty folder that all may write to;
 * if we are root, they can write nowhere else. The network is the machine's. Nobody else can enter it. Dispose of it; a
 * watchdog does so if we are killed.
 */
export class EmptyRoot implements AsyncDisposable {
  readonly #parent: string;
  readonly #watchdog: Watchdog;

  private constructor(parent: string) {
    this.#parent = parent;
    this.#watchdog = new Watchdog([parent]);
  }

  /** Makes an empty root. `writable` is the empty folder. */
  static async make(writable = '/scratch'): Promise<EmptyRoot> {
    const root = new EmptyRoot(await mkdtemp(join(tmpdir(), 'sauvegarde-root-')));
    await mkdir(root.path(writable), { recursive: true });
    await chmod(root.path(writable), 0o777);
    await chmod(root.path('/'), 0o755);
    return root;
  }

  /** Returns our path of a path inside. */
  path(inside: string): string {
    return join(this.#parent, 'root', inside);
  }

  /**
   * Copies a built folder to `/<name>` and returns its launcher, which uses an emulator if the programs are for another
   * architecture.
   */
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

  /** Adds this machine's shell, for programs that start each other through one. Lambda has one. */
  async addShell(): Promise<void> {
    await this.addPrograms({ '/bin/sh': '/bin/sh' });
  }

  /**
   * Adds programs of this machine (path inside → path outside), and a file as /dev/null. Their libraries lie where
   * Lambda's do, and are found in the same way: in /lib64, by the loader's cache. Our programs look at neither, so
   * nothing that they lack is supplied by accident.
   */
  async addPrograms(programs: Readonly<Record<string, string>>): Promise<void> {
    for (const [inside, from] of Object.entries(programs)) {
      const file = await realpath(from);
      await this.#copy(file, inside);
      const interpreter = readElf(file)?.interpreter;
      if (interpreter === undefined) continue;
      await this.#copy(interpreter, interpreter);
      const { stdout: listed } = await runHere(interpreter, ['--list', file]);
      for (const [, path = ''] of listed.matchAll(/=> (\/\S+)/g)) if (path !== interpreter) await this.#copy(path, `/lib64/${basename(path)}`);
    }
    await mkdir(this.path('/etc'), { recursive: true });
    await runHere('/sbin/ldconfig', ['-X', '-r', this.path('/'), '/lib64']);
    await mkdir(this.path('/dev'), { recursive: true });
    await writeFile(this.path('/dev/null'), '');
    await chmod(this.path('/dev/null'), 0o666);
  }

  /** Runs a program to its end. */
  async run(launch: Launch, words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ending> {
    const { command, args, env } = this.entering(launch);
    const child = spawn(command, [...args, ...words], { env: { ...env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    // its end explains why it stopped reading
    const reading = pipeline(launch.input === undefined ? [] : createReadStream(this.path(launch.input)), child.stdin).catch(() => undefined);
    const ended = new Promise<Ending['status']>((resolve) =>
      child.on('error', ({ message }) => resolve(message)).on('close', (code, killer) => resolve(code ?? killer)),
    );
    const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended, reading]);
    return { status, out, err };
  }

  /** Starts a program that runs until it is disposed of, or stopped by another. Only one at a time. */
  start(launch: Launch, words: readonly string[], environment: Readonly<Record<string, string>> = {}): GuardedProcess {
    return new GuardedProcess({ launch: this.entering(launch), args: words, env: environment, folder: '/', identity: undefined, watchdog: this.#watchdog });
  }

  /**
   * Returns the launch, from outside, of a program inside. LD_BIND_NOW: a function that no library has stops the
   * program at once and not when it is called.
   */
  entering({ command, args, env, links }: Launch): Launch {
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

  async #copy(from: string, inside: string): Promise<void> {
    await mkdir(dirname(this.path(inside)), { recursive: true });
    await copyFile(from, this.path(inside));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watchdog[Symbol.asyncDispose]();
    // done by the watchdog already, unless somebody killed it
    await rm(this.#parent, { recursive: true, force: true });
  }
}
