import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storageError } from '../core/bytes/storage-error.ts';
import { StorageRefusedError } from '../core/errors.ts';

/** Time from making a file to showing it, in milliseconds, at most. */
const beginningTakesAtMostMs = 3_600_000;

/**
 * Shows other processes of this machine that this one lives: it holds a write transaction on a small SQLite file of its
 * own, and the kernel releases that lock when the process ends, however it ends. Reused process ids and wrong clocks
 * cannot mislead.
 */
export class Presence implements Disposable {
  readonly id = randomUUID().slice(0, 8);
  readonly #folder: string;
  readonly #lock: DatabaseSync;

  constructor(folder: string) {
    this.#folder = folder;
    const path = join(folder, this.id);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#lock = new DatabaseSync(`${path}.new`);
      this.#lock.exec('BEGIN IMMEDIATE');
      renameSync(`${path}.new`, path); // visible to others only once it is locked
    } catch (error) {
      throw error instanceof Error && 'errcode' in error
        ? new StorageRefusedError(`could not write to ${folder}: ${error.message}`, { cause: error })
        : storageError(error, `write to ${folder}`);
    }
  }

  [Symbol.dispose](): void {
    this.#lock.close();
    forget(this.#folder, this.id);
  }

  /** Lists the other processes of this machine that have shown their presence, and whether they still live. */
  others(): { id: string; alive: boolean }[] {
    const names = readdirSync(this.#folder);
    for (const name of names) if (name.includes('.new')) this.#removeBegun(join(this.#folder, name));
    return names.filter((name) => /^[0-9a-f]{8}$/.test(name) && name !== this.id).map((id) => ({ id, alive: isAlive(join(this.#folder, id)) }));
  }

  /** Removes what a process left that was killed before it showed itself. */
  #removeBegun(path: string): void {
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    const isOwn = path.startsWith(join(this.#folder, this.id));
    // the rename keeps the name of the journal, which goes with its process
    const isShown = existsSync(path.replace(/\.new.*$/, ''));
    if (since !== undefined && !isOwn && !isShown && Date.now() - since > beginningTakesAtMostMs) rmSync(path, { force: true });
  }

  /** Removes the file of an ended process. */
  forget(id: string): void {
    forget(this.#folder, id);
  }
}

function isAlive(path: string): boolean {
  try {
    using lock = new DatabaseSync(path, { timeout: 0 });
    lock.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch (error) {
    const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
    // a file that is broken (11) or something else (26) is nobody's; any other error may be a lock
    return code !== 11 && code !== 26;
  }
}

function forget(folder: string, id: string): void {
  for (const suffix of ['', '.new-journal']) rmSync(join(folder, id + suffix), { force: true });
}

/** Makes a new execution's id. It begins with its process, so that others can see whether that still lives. */
export function executionOf(process: string, run: string): string {
  return `${process}:${run}:${randomUUID().slice(0, 8)}`;
}

/** Returns the run that an execution works on. */
export function runOf(execution: string): string {
  return execution.split(':')[1] ?? '';
}

/** Returns the process that an execution belongs to. */
export function processOf(execution: string): string {
  return execution.slice(0, execution.indexOf(':'));
}
