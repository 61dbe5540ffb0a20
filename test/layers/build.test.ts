import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchOf } from '../../core/programs/launcher.ts';
import { layerNames, planOf } from '../../layers/layers.ts';
import type { Architecture } from '../../layers/recipe/architecture.ts';
import { type BuildOptions, buildFolder, type Plan, resolveLock } from '../../layers/recipe/build.ts';
import { FileGoneError, RecipeError, TamperedError } from '../../layers/recipe/errors.ts';
import type { LockedPackage } from '../../layers/recipe/recipe.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestLog } from '../support/log.ts';
import { startMirror } from '../support/mirror.ts';
import { coldStart } from '../support/programs.ts';
import { zstdPlan } from './zstd-recipe.ts';

const builder = fileURLToPath(new URL('./build-zstd.ts', import.meta.url));
const architecture: Architecture = 'x64';
/** What the small recipe is made of today. */
let packages: LockedPackage[];
/** Where it was built from the newest packages and from a lock of them, and the two folders. */
let everything: string;
let newest: string;
let fromLock: string;

function options({ cache = temporaryFolder(), ...changes }: Partial<BuildOptions> = {}): BuildOptions {
  return { architecture, cache, mode: 'newest', log: new TestLog(), signal: AbortSignal.timeout(coldStart), pauses: [0.05], ...changes };
}

function locked(change: (one: LockedPackage) => LockedPackage = (one) => one): Plan {
  return { ...zstdPlan, lock: { x64: packages.map(change), arm64: [] } };
}

/** Keeps only the package of the program itself, which is small. */
function zstdAlone(): LockedPackage[] {
  return packages.filter((one) => one.package === 'zstd');
}

function lockFile(): string {
  const file = join(temporaryFolder(), 'lock.json');
  writeFileSync(file, JSON.stringify(locked().lock));
  return file;
}

/** Everything that can be seen of a tree: paths, kinds, modes, times, contents. */
function portrait(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const { mode, mtimeMs } = statSync(join(folder, path));
      const isFile = statSync(join(folder, path)).isFile();
      return `${path} ${mode.toString(8)} ${mtimeMs} ${
        isFile
          ? createHash('sha256')
              .update(readFileSync(join(folder, path)))
              .digest('hex')
          : ''
      }`;
    });
}

/** Makes a cache with all that was fetched, of which nothing is built. */
function cacheOfFetched(): string {
  const cache = temporaryFolder();
  for (const part of ['indexes', 'packages']) cpSync(join(everything, part), join(cache, part), { recursive: true });
  return cache;
}

/** Builds in a cache that is to be made, while new files and folders are for this user alone. */
async function builtForOneself(cache: string): Promise<string> {
  const before = process.umask(0o077);
  try {
    return await buildFolder(locked(), options({ cache }));
  } finally {
    process.umask(before);
  }
}

beforeAll(async () => {
  const cache = mkdtempSync(join(tmpdir(), 'sauvegarde-test-'));
  everything = cache;
  packages = await resolveLock(zstdPlan, options({ cache }));
  newest = await buildFolder(zstdPlan, options({ cache }));
  fromLock = await buildFolder(locked(), options({ cache, mode: 'locked' }));
}, coldStart);
afterAll(() => rmSync(everything, { recursive: true, force: true }));

describe('a folder of programs', () => {
  it('is the same whether it was built from the newest packages or from a lock of them', () => {
    expect(fromLock).not.toBe(newest);
    expect(portrait(fromLock)).toEqual(portrait(newest));
    expect(readdirSync(newest).sort()).toEqual(['bin', 'lib', 'libexec', 'licenses', 'manifest.json']);
    expect(readdirSync(join(newest, 'licenses'))).toEqual(packages.map((one) => one.package));
  });

  it('comes from the cache the second time, without any network', async () => {
    const log = new TestLog();
    expect(await buildFolder(locked(), options({ cache: everything, mirrors: ['http://127.0.0.1:1'], log }))).toBe(fromLock);
    expect(log.lines).toEqual([]);
  });

  it.skipIf(process.arch !== 'x64')(
    'runs, by its launch and by its script',
    async () => {
      const { command, args, env } = await launchOf(fromLock, 'zstd');
      expect((await promisify(execFile)(command, [...args, '--version'], { env })).stdout).toContain('Zstandard');
      expect((await promisify(execFile)(join(fromLock, 'bin', 'zstd'), ['--version'], { env: {} })).stdout).toContain('Zstandard');
      await expect(launchOf(fromLock, 'mysqldump')).rejects.toThrow(/has no program mysqldump; it has zstd/);
    },
    coldStart,
  );

  it(
    'can be built by two processes at once',
    async () => {
      const cache = temporaryFolder();
      const run = () => promisify(execFile)(process.execPath, [builder, cache, lockFile()]);
      const [one, other] = await Promise.all([run(), run()]);
      expect(one.stdout).toBe(other.stdout);
      expect(readdirSync(join(cache, 'layers'))).toHaveLength(1);
      expect(readdirSync(join(cache, 'packages')).filter((name) => name.endsWith('.partial'))).toEqual([]);
      expect(portrait(one.stdout.trim())).toEqual(portrait(fromLock));
    },
    coldStart,
  );

  it(
    'can be entered by every user, as a server that root starts runs as another, and is the same, whatever the umask',
    async () => {
      const cache = join(temporaryFolder(), 'a', 'cache');
      const folder = await builtForOneself(cache);
      for (const made of [join(cache, '..'), cache, join(cache, 'layers'), folder]) expect(statSync(made).mode & 0o777).toBe(0o755);
      expect(portrait(folder)).toEqual(portrait(fromLock));
    },
    coldStart,
  );

  it(
    'is built after a process was killed while it built',
    async () => {
      const cache = temporaryFolder();
      const deed = (bytes: Buffer) => {
        child.kill('SIGKILL');
        return bytes;
      };
      const mirror = await startMirror({ path: /zstd_.*\.deb$/, deed });
      const child = spawn(process.execPath, [builder, cache, lockFile()], { env: { ...process.env, SAUVEGARDE_DEB_MIRRORS: mirror.address }, stdio: 'ignore' });
      const [, killer] = (await once(child, 'exit')) as [number | null, string | null];
      expect(killer).toBe('SIGKILL');
      expect(readdirSync(join(cache, 'layers'))).toEqual([expect.stringMatching(/^\.building-/)]);
      expect(portrait(await buildFolder(locked(), options({ cache })))).toEqual(portrait(fromLock));
    },
    coldStart,
  );

  it(
    'is built again when it was removed, from the packages that are kept',
    async () => {
      const folder = await buildFolder(locked(), options({ cache: cacheOfFetched(), mirrors: ['http://127.0.0.1:1'] }));
      expect(basename(folder)).toBe(basename(fromLock));
      expect(portrait(folder)).toEqual(portrait(fromLock));
    },
    coldStart,
  );
});

describe('a locked version that has left the mirrors', () => {
  const old = (one: LockedPackage): LockedPackage =>
    one.package === 'zstd' ? { ...one, version: '0.1', filename: 'pool/main/z/zstd_0.1_amd64.deb', sha256: '0'.repeat(64) } : one;

  it('stops what is to be deployed, and the error names the command that locks again', async () => {
    const cache = temporaryFolder();
    const building = buildFolder(locked(old), options({ cache, mode: 'locked' }));
    await expect(building).rejects.toThrow(/no mirror has pool\/main\/z\/zstd_0\.1_amd64\.deb.*"npm run layers -- --relock"/s);
    await expect(building).rejects.toThrow(FileGoneError);
    expect(readdirSync(join(cache, 'layers'))).toEqual([]);
  });

  it(
    'is replaced by the newest for local use, which is said, and then kept apart from what is locked',
    async () => {
      const cache = cacheOfFetched();
      const log = new TestLog();
      const folder = await buildFolder(locked(old), options({ cache, log }));
      expect(log.lines.join('\n')).toMatch(/warning: zstd: no mirror has .*zstd_0\.1.*taking the newest of bookworm/);
      expect(await buildFolder(locked(old), options({ cache, mirrors: ['http://127.0.0.1:1'] }))).toBe(folder);
      await expect(buildFolder(locked(old), options({ cache, mode: 'locked' }))).rejects.toThrow(FileGoneError);
    },
    coldStart,
  );
});

describe('nothing is built', () => {
  it(
    'from a package with another SHA-256',
    async () => {
      const cache = temporaryFolder();
      const wrong = locked((one) => (one.package === 'zstd' ? { ...one, sha256: '0'.repeat(64) } : one));
      await expect(buildFolder(wrong, options({ cache }))).rejects.toThrow(TamperedError);
      expect(readdirSync(join(cache, 'layers'))).toEqual([]);
      expect(readdirSync(join(cache, 'packages')).filter((name) => /zstd_|partial/.test(name))).toEqual([]);
    },
    coldStart,
  );

  it(
    'from a package that a mirror has changed',
    async () => {
      const withZstdAlone: Plan = { ...zstdPlan, lock: { x64: zstdAlone(), arm64: [] } };
      const mirror = await startMirror({ path: /zstd_.*\.deb$/, deed: (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([0])]) });
      await expect(buildFolder(withZstdAlone, options({ mirrors: [mirror.address] }))).rejects.toThrow(/has SHA-256/);
      const longer = await startMirror({ path: /zstd_.*\.deb$/, deed: (bytes) => Buffer.concat([bytes, bytes]) });
      await expect(buildFolder(withZstdAlone, options({ mirrors: [longer.address] }))).rejects.toThrow(/is longer than/);
    },
    coldStart,
  );

  it(
    'from a package that was damaged in the cache: it is fetched again',
    async () => {
      const cache = cacheOfFetched();
      for (const name of readdirSync(join(cache, 'packages'))) {
        const bytes = readFileSync(join(cache, 'packages', name));
        bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
        writeFileSync(join(cache, 'packages', name), bytes);
      }
      expect(portrait(await buildFolder(locked(), options({ cache })))).toEqual(portrait(fromLock));
    },
    coldStart,
  );

  it(
    'when it is stopped',
    async () => {
      const cache = temporaryFolder();
      const stop = new AbortController();
      const mirror = await startMirror({
        path: /zstd_.*\.deb$/,
        deed: (bytes) => {
          stop.abort(new Error('stopped by the test'));
          return bytes;
        },
      });
      await expect(buildFolder(locked(), options({ cache, signal: stop.signal, mirrors: [mirror.address] }))).rejects.toThrow('stopped by the test');
      expect(readdirSync(join(cache, 'layers'))).toEqual([]);
      expect(readdirSync(join(cache, 'packages')).filter((name) => name.endsWith('.partial'))).toEqual([]);
    },
    coldStart,
  );

  it(
    'when a library is missing, which is named',
    async () => {
      const without: Plan = { ...zstdPlan, lock: { x64: packages.filter((one) => one.package !== 'libc6'), arm64: [] } };
      await expect(buildFolder(without, options({ cache: cacheOfFetched() }))).rejects.toThrow(
        /libraries are in none of the packages: .*libc\.so\.6 \(for .*\).*recipe\.json/,
      );
    },
    coldStart,
  );

  it.each([
    ['whose length differs', { program: 'zstd', from: '/usr/lib', to: '/opt' }, /cannot change a length/],
    ['that finds nothing', { program: 'zstd', from: '/no/such/path', to: '/no/such/PATH' }, /no longer contains \/no\/such\/path/],
  ])(
    'with a patch %s',
    async (_, patch, message) => {
      const plan: Plan = { ...locked(), recipe: { ...zstdPlan.recipe, patches: [patch] } };
      await expect(buildFolder(plan, options({ cache: cacheOfFetched() }))).rejects.toThrow(message);
    },
    coldStart,
  );

  it(
    'for another architecture than that of the packages',
    async () => {
      const plan: Plan = { ...zstdPlan, lock: { x64: [], arm64: zstdAlone() } };
      await expect(buildFolder(plan, options({ architecture: 'arm64' }))).rejects.toThrow(/is not for arm64/);
    },
    coldStart,
  );

  it('into a cache that the loader would take for two', async () => {
    await expect(buildFolder(locked(), options({ cache: '/tmp/a:b' }))).rejects.toThrow(RecipeError);
  });
});

describe.each(layerNames)('the lock of %s', (name) => {
  // on x64 some libraries need one that they do not need on arm64
  it('has every package once, and for arm64 none that x64 lacks', async () => {
    const { lock } = await planOf(name);
    const [x64, arm64] = [lock?.x64 ?? [], lock?.arm64 ?? []].map((each) => each.map((one) => one.package));
    expect(x64?.length).toBeGreaterThan(10);
    expect(new Set(x64).size).toBe(x64?.length);
    expect(arm64?.length).toBeGreaterThan(10);
    expect(x64).toEqual(expect.arrayContaining(arm64 ?? []));
  });
});
