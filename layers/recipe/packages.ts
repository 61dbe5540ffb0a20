import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { unpackDeb } from './deb.ts';
import { provideFile, type Source } from './download.ts';
import type { LockedPackage } from './recipe.ts';

/** A package unpacked into a folder of its own, so that it is known which package a file is from. */
export interface Unpacked extends LockedPackage {
  root: string;
}

/** So many packages are fetched at once: mirrors limit connections, and unpacking keeps two cores busy. */
const atOnce = 4;

/** How often somebody who waits is told how far it is. */
const reportMilliseconds = 10_000;

/**
 * Fetches the packages into the cache (those that are there are checked again) and unpacks each into `folder`. When it
 * fails, nothing of it is still under way. `report` is told now and then how many are ready.
 */
export async function unpackAll(
  packages: readonly LockedPackage[],
  folder: string,
  { cache, signal, ...where }: Source & { cache: string },
  report: (ready: number) => void = () => undefined,
): Promise<Unpacked[]> {
  const unpacked: Unpacked[] = [];
  const reporting = setInterval(() => report(unpacked.length), reportMilliseconds);
  const waiting = [...packages];
  const failed = new AbortController();
  const source = { ...where, signal: AbortSignal.any([signal, failed.signal]) };
  const workers = Array.from({ length: atOnce }, async () => {
    try {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        const deb = join(cache, 'packages', `${one.sha256}-${basename(one.filename)}`);
        await provideFile(deb, [one.filename], one, source);
        const root = join(folder, one.package);
        await mkdir(root, { recursive: true });
        await unpackDeb(deb, root, source.signal);
        unpacked.push({ ...one, root: await realpath(root) });
      }
    } catch (error) {
      failed.abort(error);
    }
  });
  await Promise.all(workers).finally(() => clearInterval(reporting));
  source.signal.throwIfAborted();
  return unpacked.sort((a, b) => (a.package < b.package ? -1 : 1));
}

/** A file of a package. */
export interface Found {
  owner: Unpacked;
  /** Where it really lies: links are followed, but never out of the package. */
  file: string;
}

/** The first of the packages that has this path, which may be a link to another path of the same package. */
export async function findPath(packages: readonly Unpacked[], path: string): Promise<Found | undefined> {
  for (const owner of packages) {
    const file = await realPath(owner, join(owner.root, path));
    if (file !== undefined) return { owner, file };
  }
  return undefined;
}

/** `undefined` for a link that leads nowhere or out of the package. */
export async function realPath({ root }: Unpacked, path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return real === root || real.startsWith(root + sep) ? real : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The paths of the files under a folder of a package, links followed, relative to it, sorted. */
export async function filesUnder(owner: Unpacked, folder: string, prefix = ''): Promise<{ path: string; file: string }[]> {
  const files: { path: string; file: string }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const file = await realPath(owner, join(folder, entry.name));
    if (file === undefined) continue; // a link into a package that is not here
    if (entry.isDirectory()) files.push(...(await filesUnder(owner, file, path)));
    else if (entry.isFile() || (await isFile(file))) files.push({ path, file });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file)).isFile();
}
