import { link, open, rename, rm } from 'node:fs/promises';

/** Errors of link(2) where there are no hard links: exFAT and FAT, some network file systems and shared folders. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Gives a file a name in the same file system, in one step. Returns false, and changes nothing, if the name is taken.
 * The former name may stay. Without hard links an empty file takes the name, for a moment, and is then replaced. Throws
 * the system's errors.
 */
export async function giveName(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!withoutLinks.has(code)) throw error;
  }
  return takeName(from, to);
}

async function takeName(from: string, to: string): Promise<boolean> {
  try {
    await (await open(to, 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}
