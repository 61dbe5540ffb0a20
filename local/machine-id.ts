import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { storageError } from '../core/bytes/storage-error.ts';
import type { Machine } from '../core/documents/vault-owner.ts';

/** Name of the file of the state folder that marks a machine whose system has no id. */
export const markFile = 'machine';
/** Files with a system's own id (machine-id(5)). */
const systemIds = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

/**
 * Knows this machine by its system's id, so also when its state folder is lost. A system without one, such as a
 * container, is known by a mark that is made in its state folder.
 */
export function thisMachine(state: string, files: readonly string[] = systemIds): Machine {
  const id = files.map(contentsOf).find((each) => /^[0-9a-f]{32}$/.test(each));
  // machine-id(5) asks programs not to show the id itself
  const mark = id === undefined ? markIn(join(state, markFile)) : createHash('sha256').update(`sauvegarde ${id}`).digest('hex');
  return { mark, name: hostname() };
}

function markIn(file: string): string {
  const there = contentsOf(file);
  if (there !== '') return there;
  try {
    writeFileSync(file, `${randomUUID()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storageError(error, `write ${file}`); // another process was faster
  }
  return contentsOf(file);
}

function contentsOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
