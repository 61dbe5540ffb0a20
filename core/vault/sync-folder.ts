import { open } from 'node:fs/promises';

/** A name in a folder is safe from a power cut only when the folder is on the disk too. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
