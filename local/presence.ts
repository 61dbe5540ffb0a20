import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

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
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, this.id);
    this.#lock = new DatabaseSync(`${path}.new`);
    this.#lock.exec('BEGIN IMMEDIATE');
    renameSync(`${path}.new`, path); // visible to others only once it is locked
  }

  [Symbol.dispose](): void {
    this.#lock.close();
    forget(this.#folder, this.id);
  }

  /** Lists the other processes of this machine that have shown their presence, and whether they still live. */
  others(): { id: string; alive: boolean }[] {
    return readdirSync(this.#folder)
      .filter((name) => /^[0-9a-f]{8}$/.test(name) && name !== this.id)
      .map((id) => ({ id, alive: isAlive(join(this.#folder, id)) }));
  }

  /** Removes the file of an ended process. */
  forget(id: string): void {
    forget(this.#folder, id);
  }
}

function isAlive(path: string): boolean {
  using lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch (error) {
    const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
    if (code === 5 || code === 6) return true; // SQLITE_BUSY, SQLITE_LOCKED
    throw error;
  }
}

function forget(folder: string, id: string): void {
  for (const suffix of ['', '.new-journal']) rmSync(join(folder, id + suffix), { force: true });
}

/** Makes a new execution's id. It begins with its process, so that others can see whether that still lives. */
export function executionOf(process: string, run: string): string {
  return `${process}:${run}:${randomUUID().slice(0, 8)}`;
}

/** Returns the process that an execution belongs to. */
export function processOf(execution: string): string {
  return execution.slice(0, execution.indexOf(':'));
}
