/** One object of the vault. */
export interface Listed {
  key: string;
  /** Bytes. */
  size: number;
  /** When it was written, or retired. */
  at: Date;
}

/**
 * Where backups lie. A key is a relative path such as `main/2026/11/backup_20261122_050000Z.sql.zst`; a key that could leave the vault is a RefusedError.
 * Every method may be repeated after a StorageRefusedError or a lost connection. A full disk is a StorageFullError.
 */
export interface Vault {
  /**
   * Stores the bytes under a new key. The object becomes visible in one step and only when `bytes` has ended normally and what is stored has the
   * size and CRC-32 of what was given, which are returned. A chunk may be read only until the next one is asked for. Should a store tell something else once it is visible, that is a StorageRefusedError and the object stays: without a manifest it is no backup. When `bytes` throws, its error comes through and nothing stays. A key that is taken is an ObjectExistsError.
   */
  create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }>;
  /** The stored bytes. A key that holds nothing is an ObjectMissingError, thrown before the first byte. */
  read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }>;
  /** Every visible object whose key starts with `prefix`, sorted by key. Retired and unfinished ones are not visible. */
  list(prefix: string): Promise<Listed[]>;
  /** Takes an object out of sight; it can be brought back until its days of grace are over (`clean`). Idempotent: nothing under the key is no error. */
  retire(key: string): Promise<void>;
  /** Undoes `retire`. Idempotent: a visible object stays as it is. A key that has no retired object is an ObjectMissingError. */
  bringBack(key: string): Promise<void>;
  /**
   * Removes writes to which nothing has come since `unfinished`. What was retired before `retired` is removed for good by the vault that keeps the days of grace itself, the folder; in a bucket its lifecycle does that,
   * and no program may. Returns how many things were removed.
   */
  clean(before: { retired: Date; unfinished: Date }): Promise<number>;
}
