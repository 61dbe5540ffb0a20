import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Launch } from '../core/launch.ts';
import { ownArchitecture } from './recipe/architecture.ts';
import { launcherOf } from './recipe/launch.ts';
import { type Manifest, readManifest } from './recipe/manifest.ts';

/** What Lambda's runtimes set; none of it may reach our programs. */
const lambdaLibraryPath = '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib';
/** A user that no passwd file knows, as in Lambda. */
const stranger = 4242;

/** What a self-test has found. `faults` is empty for a folder that is whole and works. */
export interface SelfTest {
  faults: string[];
  /** What each program said of its version; none is run when they are for another architecture and there is no emulator. */
  versions: Record<string, string>;
}

/** Compares a built folder with its manifest, then runs every program of it in a root that holds nothing else, as a user without a name. */
export async function selfTest(folder: string): Promise<SelfTest> {
  const manifest = await readManifest(folder);
  const faults = await differencesFrom(manifest, folder);
  const emulator = emulatorFor(manifest);
  if (emulator === 'none' || faults.length > 0) return { faults, versions: {} };

  const root = await mkdtemp(join(tmpdir(), 'sauvegarde-root-'));
  try {
    await chmod(root, 0o755);
    await cp(folder, join(root, 'programs'), { recursive: true });
    if (emulator) await copyFile(emulator, join(root, 'emulator'));
    const launch = launcherOf('/programs', manifest);
    const versions: Record<string, string> = {};
    for (const program of Object.keys(manifest.programs)) {
      const { status, said } = await runInRoot(root, launch(program), ['--version'], emulator ? ['/emulator'] : []);
      if (status === 0 && /\d+\.\d+/.test(said)) versions[program] = said.trim().split('\n')[0] ?? '';
      else faults.push(`${program} ended with ${status} in an empty root: ${said.trim().slice(-500) || 'it said nothing'}`);
    }
    return { faults, versions };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function differencesFrom({ files }: Manifest, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const there = new Set(entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(folder, join(entry.parentPath, entry.name))));
  const faults: string[] = [];
  for (const { path, sha256 } of files) {
    if (!there.delete(path)) faults.push(`${path} is missing`);
    else if (
      createHash('sha256')
        .update(await readFile(join(folder, path)))
        .digest('hex') !== sha256
    )
      faults.push(`${path} is not what was built`);
  }
  there.delete('manifest.json');
  return [...faults, ...[...there].map((path) => `${path} was not built`)];
}

/** The emulator that these programs need here: `undefined` when they need none, `'none'` when there is none. It must be static, as the root is empty. */
function emulatorFor({ architecture }: Manifest): string | undefined | 'none' {
  if (architecture === ownArchitecture()) return undefined;
  const name = { x64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static' }[architecture];
  const found = (process.env.PATH ?? '').split(delimiter).map((part) => join(part, name));
  return found.find((path) => existsSync(path)) ?? 'none';
}

/** `chroot` for root, a user namespace for everybody else. LD_BIND_NOW: a function that no library has stops the program at once and not when it is called. */
async function runInRoot(
  root: string,
  { command, args, env }: Launch,
  words: string[],
  before: string[],
): Promise<{ status: number | string | null; said: string }> {
  const [enter, ...options] =
    process.getuid?.() === 0
      ? ['/usr/sbin/chroot', `--userspec=${stranger}:${stranger}`, root]
      : ['/usr/bin/unshare', '--user', `--map-user=${stranger}`, `--map-group=${stranger}`, `--root=${root}`];
  const child = spawn(enter ?? '', [...options, ...before, command, ...args, ...words], {
    env: { ...env, LD_LIBRARY_PATH: lambdaLibraryPath, LD_BIND_NOW: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.on('error', ({ message }) => resolve(message)).on('close', (code, killer) => resolve(code ?? killer)),
  );
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, said: out || err };
}
