import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { blockSize } from '../bytes/blocks.ts';
import { storageError } from '../bytes/storage-error.ts';
import { ObjectMissingError } from '../errors.ts';
import type { SignedFiles } from '../operations/orders/sign.ts';
import type { ReadableVault } from '../vault/vault.ts';
import { downloadPresigned } from './presigned-download.ts';

/**
 * Fetches the files of a backup by their addresses into a folder that must exist, and returns them as a vault to read
 * from, by their keys: a dump is read more than once, and its address ends soon. Throws as `downloadPresigned`.
 */
export async function fetchedFiles({ backup, expiresAt, files }: SignedFiles, folder: string, signal: AbortSignal): Promise<Pick<ReadableVault, 'read'>> {
  const paths = new Map<string, string>();
  for (const [index, { key, url }] of files.entries()) {
    const path = join(folder, String(index));
    const { bytes } = await downloadPresigned(url, { backup, file: key.slice(key.lastIndexOf('/') + 1), expiresAt }, signal);
    await pipeline(bytes, createWriteStream(path, { mode: 0o600, flags: 'wx' }), { signal }).catch((error: unknown) => {
      throw storageError(error, `write ${path}`);
    });
    paths.set(key, path);
  }
  return {
    read: async (key) => {
      const path = paths.get(key);
      if (path === undefined) throw new ObjectMissingError(`${key} is none of the files of ${backup}`);
      return { size: (await stat(path)).size, bytes: createReadStream(path, { highWaterMark: blockSize }) };
    },
  };
}
