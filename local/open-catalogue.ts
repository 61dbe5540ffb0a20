import { existsSync, renameSync } from 'node:fs';
import { storageError } from '../core/bytes/storage-error.ts';
import { DamagedCatalogueError } from '../core/catalogue/damaged.ts';
import { stampOf } from '../core/names.ts';
import type { Log } from '../core/platform.ts';
import type { Presence } from './presence.ts';

/**
 * Opens the catalogue at this path by `open`. With `mends`, a damaged one is set aside and opened anew, unless another
 * process may be using it. Throws DamagedCatalogueError otherwise.
 */
export function openCatalogue<T>(path: string, open: () => T, { presence, log, now, mends }: { presence: Presence; log: Log; now: Date; mends: boolean }): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof DamagedCatalogueError) || !mends || presence.others().some(({ alive }) => alive)) throw error;
    log.error(error.message);
  }
  const aside = `${path}.damaged-${stampOf(now)}`;
  try {
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  } catch (error) {
    throw storageError(error, `set ${path} aside`);
  }
  log.warn(`the damaged catalogue is now ${aside}. Lost with it: failed runs, incidents, records of retired backups, and the audit log so far`);
  return open();
}
