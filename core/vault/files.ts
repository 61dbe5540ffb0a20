import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../bytes/storage-error.ts';
import { keyPart } from './key.ts';
import type { Listed } from './vault.ts';

/** Lists the files of a folder and of those below it whose names are parts of keys, sorted by key. */
export async function listFolder(folder: string, prefix: string): Promise<Listed[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return []; // nothing was ever written
    throw storageError(error, `list ${folder}`);
  }
  const found: Listed[] = [];
  // one after the other: a disk that stops answering then holds one thread
  for (const entry of entries) {
    if (!keyPart.test(entry.name)) continue; // our own folders, or a file system's, such as lost+found
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await listFolder(path, `${prefix}${entry.name}/`)));
    if (!entry.isFile()) continue;
    const file = await unlessGone(stat(path)).catch((error) => {
      throw storageError(error, `look at ${path}`);
    });
    if (file) found.push({ key: `${prefix}${entry.name}`, size: file.size, at: file.mtime });
  }
  return found.sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** Returns what is known of a file; undefined if there is none. */
export async function fileAt(path: string): Promise<Stats | undefined> {
  try {
    const found = await unlessGone(stat(path));
    return found?.isFile() ? found : undefined;
  } catch (error) {
    throw storageError(error, `look for ${path}`);
  }
}

/** Returns undefined for a file that is not there, or no longer: another process may be retiring at the same time. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Returns true if the file is missing. ENOTDIR: the key goes on where another key ends. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
