import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

const day = 24 * 3600_000;
/** A folder or package that nobody has used for so long is removed; a monthly backup still finds its programs. */
const unusedMilliseconds = 40 * day;
/** What a killed process left behind. */
const abandonedMilliseconds = day;

/**
 * Notes that a built folder is used: setting its times, which stay the same for every build of it, renews its ctime. A
 * folder that belongs to another user is left to that one.
 */
export async function markUsed(folder: string): Promise<void> {
  try {
    const { atime, mtime } = await stat(folder);
    await utimes(folder, atime, mtime);
  } catch (error) {
    if (!['EPERM', 'EACCES', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * Removes from a cache what has long not been used: built folders, packages and indexes that none of the remaining
 * folders was made of, and what killed processes left.
 */
export async function removeUnused(cache: string, now = Date.now()): Promise<void> {
  const layers = join(cache, 'layers');
  const needed = new Set<string>();
  for (const name of await readdir(layers)) {
    const folder = join(layers, name);
    const age = await ageOf(folder, now);
    if (age > (name.startsWith('.') ? abandonedMilliseconds : unusedMilliseconds)) await removeWhole(layers, name);
    else if (!name.startsWith('.')) for (const sha256 of await packagesOf(folder)) needed.add(sha256);
  }
  for (const part of ['packages', 'indexes']) {
    for (const name of await namesIn(join(cache, part))) {
      const age = await ageOf(join(cache, part, name), now);
      const isKept = needed.has(name.slice(0, 64)) && !name.endsWith('.partial');
      if (!isKept && age > (name.endsWith('.partial') ? abandonedMilliseconds : unusedMilliseconds)) await rm(join(cache, part, name), { force: true });
    }
  }
}

/** First out of the way in one step: nobody may find half of a folder. */
async function removeWhole(layers: string, name: string): Promise<void> {
  const aside = name.startsWith('.') ? name : `.removing-${process.pid}-${name}`;
  if (aside !== name) await rename(join(layers, name), join(layers, aside)).catch(unlessGone);
  await rm(join(layers, aside), { recursive: true, force: true });
}

async function packagesOf(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(unlessGone);
  if (text === undefined) return [];
  const { packages } = JSON.parse(text) as { packages: { sha256: string }[] };
  return packages.map(({ sha256 }) => sha256);
}

/** Milliseconds since it was made, moved or used; of what another process has just removed, none. */
async function ageOf(path: string, now: number): Promise<number> {
  const found = await stat(path).catch(unlessGone);
  return found === undefined ? 0 : now - found.ctimeMs;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(unlessGone)) ?? [];
}

function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
