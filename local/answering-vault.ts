import { stat } from 'node:fs/promises';
import type { Keys } from '../core/encryption/keys.ts';
import { StorageRefusedError } from '../core/errors.ts';
import type { FolderVault } from '../core/vault/folder.ts';
import type { Listed } from '../core/vault/vault.ts';
import type { MachineVault } from './machine-vault.ts';

/** Pause between two looks at a vault that something waits for, in milliseconds. */
const usualPause = 5_000;
/** Looks without an answer after which the vault is silent: enough for a disk that has to spin up. */
const mostLooks = 12;

/** Calls that were given up. The system may never end them. */
let unanswered = 0;

/** Returns true if calls that were given up keep this process from ending by itself. */
export const waitsInVain = (): boolean => unanswered > 0;

/**
 * A folder vault whose disk may stop answering, as a network file system does when its server is gone: the system then
 * lets each call wait for ever. While something waits, the folder itself is looked at now and then; once even that has
 * no answer for a minute, everything that waits and all that comes is a StorageRefusedError, until there is one. Work
 * may so last as long as it needs to on a disk that answers. A write that was given up may still become visible later,
 * as after a lost connection to a bucket.
 */
export class AnsweringVault implements MachineVault {
  keys?: Keys | undefined;
  readonly root: string;
  readonly #vault: FolderVault;
  readonly #pause: number;
  readonly #waiting = new Set<(reason: Error) => void>();
  #timer: NodeJS.Timeout | undefined;
  /** Looks since the folder was asked; undefined if it has answered. */
  #looks: number | undefined;

  constructor(vault: FolderVault, pause = usualPause) {
    this.#vault = vault;
    this.root = vault.root;
    this.#pause = pause;
  }

  get place(): string {
    return this.#vault.place;
  }

  locate(key: string): string {
    return this.#vault.locate(key);
  }

  create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
    return this.#answered(() => this.#vault.create(key, bytes));
  }

  async read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
    const { size, bytes } = await this.#answered(() => this.#vault.read(key));
    return { size, bytes: this.#each(bytes) };
  }

  list(prefix: string): Promise<Listed[]> {
    return this.#answered(() => this.#vault.list(prefix));
  }

  retire(key: string): Promise<void> {
    return this.#answered(() => this.#vault.retire(key));
  }

  bringBack(key: string): Promise<void> {
    return this.#answered(() => this.#vault.bringBack(key));
  }

  clean(before: { retired: Date; unfinished: Date }, options?: { dryRun?: boolean }): Promise<number> {
    return this.#answered(() => this.#vault.clean(before, options));
  }

  /** A disk that does not answer cannot be looked at either. */
  async free(): Promise<number | undefined> {
    return this.#answered(() => this.#vault.free()).catch(() => undefined);
  }

  probe(): Promise<string[]> {
    return this.#answered(() => this.#vault.probe());
  }

  discard(key: string): Promise<void> {
    return this.#answered(() => this.#vault.discard(key));
  }

  discardUnfinished(writer: string): Promise<number> {
    return this.#answered(() => this.#vault.discardUnfinished(writer));
  }

  async *#each(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const chunks = bytes[Symbol.asyncIterator]();
    let isOver = false;
    try {
      while (true) {
        const { done, value } = await this.#answered(() => chunks.next());
        isOver = done ?? false;
        if (done) return;
        yield value;
      }
    } finally {
      if (!isOver && !this.#isSilent) await this.#answered(async () => chunks.return?.());
    }
  }

  async #answered<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isSilent) throw this.#silence();
    const { promise: silent, reject } = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    this.#timer ??= setInterval(() => this.#look(), this.#pause);
    const working = work();
    try {
      return await Promise.race([working, silent]);
    } catch (error) {
      if (this.#isSilent) {
        unanswered++;
        const answered = () => void unanswered--;
        working.then(answered, answered);
      }
      throw error;
    } finally {
      this.#waiting.delete(reject);
      if (this.#waiting.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  /** Asks the folder anything. An error is an answer. */
  #look(): void {
    if (this.#looks === undefined) {
      this.#looks = 0;
      const answered = () => {
        this.#looks = undefined;
      };
      stat(this.root).then(answered, answered);
    } else this.#looks++;
    if (this.#isSilent) for (const give of this.#waiting) give(this.#silence());
  }

  /** Looks are counted, not time: a process that was busy for a minute has not heard an answer that is there. */
  get #isSilent(): boolean {
    return (this.#looks ?? 0) >= mostLooks;
  }

  #silence(): StorageRefusedError {
    const seconds = (mostLooks * this.#pause) / 1000;
    return new StorageRefusedError(`the vault ${this.place} has not answered for ${seconds} s: is its disk, or the server that it lies on, still there?`);
  }
}
