import type { StoredObject } from '../documents/stored-object.ts';
import { closed, encryptionOf, opened } from '../encryption/keys.ts';
import { ChecksumError, SauvegardeError, StorageRefusedError } from '../errors.ts';
import type { Compression } from '../names.ts';
import type { ReadableVault, Vault } from '../vault/vault.ts';
import { releasing } from './blocks.ts';
import { compress, decompress } from './compress.ts';
import { Meter } from './meter.ts';

/**
 * Compresses, encrypts if the vault has recipients, measures and stores the bytes under a new key, and releases their
 * chunks. Nothing becomes visible unless they end normally and the vault stored exactly the bytes that were measured.
 * `beside` sees the chunks before they are encrypted.
 */
export async function store(
  vault: Vault,
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  compression: Compression,
  beside: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (chunks) => chunks,
): Promise<StoredObject> {
  const encryption = encryptionOf(vault.keys);
  const compressed = releasing(beside(compress(bytes, compression)));
  const object = await storeMeasured(vault, key, encryption ? releasing(closed(vault.keys, compressed)) : compressed);
  return encryption ? { ...object, encryption } : object;
}

/** Stores one of the small files beside a dump. */
export function storeDocument(vault: Vault, key: string, content: Uint8Array): Promise<StoredObject> {
  return storeMeasured(vault, key, single(content));
}

async function storeMeasured(vault: Vault, key: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredObject> {
  const meter = new Meter();
  const stored = await vault.create(key, meter.measure(bytes));
  const measured = meter.result();
  if (stored.size !== measured.size || stored.crc32 !== measured.crc32) {
    await vault.retire(key);
    throw new StorageRefusedError(`the vault stored ${stored.size} bytes (CRC-32 ${stored.crc32}) of ${key} instead of ${measured.size} (${measured.crc32})`);
  }
  return { key, ...measured };
}

/**
 * Reads the stored bytes. Throws ChecksumError after the last one if they differ from those that were measured when
 * they were stored. Trust none of them before the end.
 */
export async function* readVerified(vault: ReadableVault, object: StoredObject): AsyncGenerator<Uint8Array> {
  const { size, bytes } = await vault.read(object.key);
  yield* verified(bytes, size, object);
}

/**
 * Verifies bytes of the vault that came another way, like `readVerified`. `size` was announced before the first of
 * them.
 */
export async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
  object: Pick<StoredObject, 'key' | 'size' | 'sha256'>,
): AsyncGenerator<Uint8Array> {
  if (size !== object.size) throw new ChecksumError(`${object.key} has ${size} bytes in the vault, its manifest says ${object.size}: it was cut or changed`);
  const meter = new Meter();
  yield* meter.measure(bytes);
  const found = meter.result();
  if (found.sha256 !== object.sha256)
    throw new ChecksumError(`${object.key} has SHA-256 ${found.sha256} in the vault, its manifest says ${object.sha256}: its bytes were changed`);
}

/**
 * Reads, decrypts and decompresses a stored dump, verified as in `readVerified`. Throws KeyMissingError if it is
 * encrypted and the vault has no key for it.
 */
export async function* readDump(vault: ReadableVault, object: StoredObject, compression: Compression): AsyncGenerator<Uint8Array> {
  const stored = readVerified(vault, object);
  yield* decompressed(object.encryption ? opened(vault.keys, stored, { key: object.key, ...object.encryption }) : stored, object, compression);
}

/** Decompresses the bytes of a dump. Throws ChecksumError if they cannot be. */
export async function* decompressed(bytes: AsyncIterable<Uint8Array>, object: StoredObject, compression: Compression): AsyncGenerator<Uint8Array> {
  try {
    yield* decompress(bytes, compression);
  } catch (error) {
    if (error instanceof SauvegardeError || !isZlibError(error)) throw error;
    throw new ChecksumError(`${object.key} cannot be decompressed (${(error as Error).message}): its bytes were changed`, { cause: error });
  }
}

/** Reads a small object whole, verified. */
export async function readDocument(vault: ReadableVault, object: StoredObject): Promise<Uint8Array> {
  return whole(readVerified(vault, object));
}

/** Reads a small object whole, without knowing anything about it. */
export async function readWhole(vault: ReadableVault, key: string): Promise<Uint8Array> {
  return whole((await vault.read(key)).bytes);
}

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* single(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

function isZlibError(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^(Z_|ZSTD_|ERR_ZLIB|ERR_ZSTD)/.test(code);
}
