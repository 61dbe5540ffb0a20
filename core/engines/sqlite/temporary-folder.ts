import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../../bytes/storage-error.ts';
import type { Work } from '../engine.ts';

/** Makes a folder for temporary files. */
export async function temporaryFolder({ scratch }: Pick<Work, 'scratch'>, prefix: string): Promise<string> {
  try {
    return await mkdtemp(join(scratch, prefix));
  } catch (error) {
    throw storageError(error, `make a temporary folder in ${scratch}`);
  }
}

/** Removes a temporary folder. */
export async function remove(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw storageError(error, `remove ${folder}`);
  }
}
