import { open } from 'node:fs/promises';

/** Syncs a folder. A name in it survives a power cut only if the folder is on the disk too. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
