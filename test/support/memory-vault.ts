import { crc32 } from 'node:zlib';
import { hexadecimal } from '../../core/bytes/meter.ts';
import { ObjectExistsError, ObjectMissingError, StorageRefusedError } from '../../core/errors.ts';
import { checkKey } from '../../core/vault/key.ts';
import type { Listed, Vault } from '../../core/vault/vault.ts';
import { placeOf } from './sorted.ts';

interface Stored {
  bytes: Buffer;
  /** Instant of writing, or of retiring. */
  at: Date;
}

/** Bytes of a vault in memory, which several clients share. */
export class VaultMemory {
  readonly visible = new Map<string, Stored>();
  /** Keys of the visible ones, in order. */
  readonly keys: string[] = [];
  readonly retired = new Map<string, Stored>();
  readonly unfinished = new Set<{ since: Date }>();

  show(key: string, stored: Stored): void {
    if (!this.visible.has(key)) this.keys.splice(placeOf(key, this.keys), 0, key);
    this.visible.set(key, stored);
  }

  hide(key: string): void {
    if (this.visible.delete(key)) this.keys.splice(placeOf(key, this.keys), 1);
  }
}

/** A vault in memory, for tests that need thousands of backups and no disk. It keeps the contract of every vault. */
export class MemoryVault implements Vault {
  readonly #memory: VaultMemory;
  readonly #now: () => Date;

  constructor(memory: VaultMemory, now = () => new Date()) {
    this.#memory = memory;
    this.#now = now;
  }

  async create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
    checkKey(key);
    const { unfinished } = this.#memory;
    this.#refuseTaken(key);
    const write = { since: this.#now() };
    unfinished.add(write);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of bytes) {
        chunks.push(Buffer.from(chunk));
        write.since = this.#now();
      }
      if (!unfinished.has(write)) throw new StorageRefusedError(`the unfinished ${key} was cleaned away`);
      this.#refuseTaken(key);
      const whole = Buffer.concat(chunks);
      this.#memory.show(key, { bytes: whole, at: this.#now() });
      return { size: whole.byteLength, crc32: hexadecimal(crc32(whole)) };
    } finally {
      unfinished.delete(write);
    }
  }

  async read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
    checkKey(key);
    const stored = this.#memory.visible.get(key);
    if (!stored) throw new ObjectMissingError(`the vault holds no ${key}`);
    return { size: stored.bytes.byteLength, bytes: once(stored.bytes) };
  }

  async list(prefix: string): Promise<Listed[]> {
    const found: Listed[] = [];
    const { keys, visible } = this.#memory;
    for (let place = placeOf(prefix, keys); keys[place]?.startsWith(prefix); place++) {
      const key = keys[place] ?? '';
      const stored = visible.get(key);
      if (stored) found.push({ key, size: stored.bytes.byteLength, at: stored.at });
    }
    return found;
  }

  async retire(key: string): Promise<void> {
    checkKey(key);
    const { retired, visible } = this.#memory;
    const stored = visible.get(key);
    if (!stored) return;
    this.#memory.hide(key);
    retired.set(retired.has(key) ? `${key}.later-${retired.size}` : key, { ...stored, at: this.#now() });
  }

  async bringBack(key: string): Promise<void> {
    checkKey(key);
    const { retired, visible } = this.#memory;
    if (visible.has(key) && retired.has(key)) throw new ObjectExistsError(`another object lies under ${key} than the one that was retired`);
    if (visible.has(key)) return;
    const stored = retired.get(key);
    if (!stored) throw new ObjectMissingError(`the vault holds no retired ${key}`);
    retired.delete(key);
    this.#memory.show(key, stored);
  }

  async clean(before: { retired: Date; unfinished: Date }, { dryRun = false }: { dryRun?: boolean } = {}): Promise<number> {
    const { retired, unfinished } = this.#memory;
    const over = [...retired].filter(([, { at }]) => at < before.retired);
    const left = [...unfinished].filter(({ since }) => since < before.unfinished);
    if (dryRun) return over.length + left.length;
    for (const [key] of over) retired.delete(key);
    for (const write of left) unfinished.delete(write);
    return over.length + left.length;
  }

  #refuseTaken(key: string): void {
    if (this.#memory.visible.has(key)) throw new ObjectExistsError(`${key} is already in the vault; keys are never overwritten`);
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
