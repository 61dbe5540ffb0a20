import type { Keys } from '../encryption/keys.ts';

/** One object of the vault. */
export interface Listed {
  key: string;
  /** Size in bytes. */
  size: number;
  /** Instant of writing, or of retiring. */
  at: Date;
}

/** Part of a vault by which its files are read. */
export type ReadableVault = Pick<Vault, 'read' | 'keys'>;

/**
 * Store of backups. A key is a relative path such as `main/2026/11/backup_20261122_050000Z.sql.zst`; a key that could
 * leave the vault is a RefusedError. Every method is retryable after a StorageRefusedError or a lost connection. A full
 * disk is a StorageFullError.
 */
export interface Vault {
  /** Keys for what `core/bytes/stored.ts` encrypts and decrypts; a vault itself looks into nothing. */
  keys?: Keys | undefined;
  /**
   * Stores the bytes under a new key and returns their size and CRC-32. The object becomes visible in one step, and
   * only if `bytes` ended normally and the stored size and CRC-32 equal those of the bytes given. A chunk may be read
   * only until the next one is asked for. If `bytes` throws, its error comes through and nothing stays.
   * Throws ObjectExistsError if the key is taken; a key that was retired counts as taken where the store can tell (a
   * bucket cannot), and no caller uses one twice. Throws StorageRefusedError if the store reports other values once the
   * object is visible; the object then stays: without a manifest it is no backup.
   */
  create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }>;
  /** Returns the stored bytes. Throws ObjectMissingError, before the first byte, if the key holds nothing. */
  read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }>;
  /**
   * Lists every visible object whose key starts with `prefix`, sorted by key. Retired and unfinished ones are not
   * visible.
   */
  list(prefix: string): Promise<Listed[]>;
  /**
   * Hides an object; it can be brought back until its days of grace are over (`clean`). Idempotent: does nothing if the
   * key holds nothing.
   */
  retire(key: string): Promise<void>;
  /**
   * Undoes `retire`: makes the object that was first stored under the key visible again. Idempotent. Throws
   * ObjectMissingError if the key has no retired object, ObjectExistsError if another object was put there meanwhile;
   * once that one is retired, the first can be brought back.
   */
  bringBack(key: string): Promise<void>;
  /**
   * Removes unfinished writes that have received nothing since `unfinished`. A folder, and a bucket without versions,
   * also remove for good the objects that were retired before `retired`; in a bucket that keeps versions its lifecycle
   * does that, and no program may. Returns the number of things removed; with `dryRun` they are counted, and stay.
   */
  clean(before: { retired: Date; unfinished: Date }, options?: { dryRun?: boolean }): Promise<number>;
}
