import { open } from 'node:fs/promises';

/** Errors of fsync(2) where a folder cannot be synced: some network file systems and shared folders. */
const unable = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Syncs a folder. A name in it survives a power cut only if the folder is on the disk too; where folders cannot be
 * synced, that is up to the file system.
 */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!unable.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder.close();
  }
}
