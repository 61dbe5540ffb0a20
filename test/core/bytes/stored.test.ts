import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument, readDump, readVerified, store, storeDocument } from '../../../core/bytes/stored.ts';
import type { StoredObject } from '../../../core/documents/stored-object.ts';
import { ChecksumError, ObjectMissingError } from '../../../core/errors.ts';
import type { Compression } from '../../../core/names.ts';
import { FolderVault } from '../../../core/vault/folder.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { gathered, inPieces, noise, streamOf } from '../../support/streams.ts';

const compressions = ['zstd', 'gzip', 'none'] as const;
const key = 'main/dump';
/** More than the vault reads at once, in frames that end anywhere. */
const content = Buffer.concat([noise(1_300_000), Buffer.alloc(300_000, 'a'), noise(1_100_000, 9)]);

const folders = new Map<Compression, string>();
const objects = new Map<Compression, StoredObject>();

/** Stores the dump once for all tests. */
beforeAll(async () => {
  for (const compression of compressions) {
    const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-stored-'));
    folders.set(compression, folder);
    objects.set(compression, await store(new FolderVault(folder, 'writer'), key, streamOf(inPieces(content, 400_009)), compression));
  }
});
afterAll(() => {
  for (const folder of folders.values()) rmSync(folder, { recursive: true });
});

/** Copies the stored dump for one test. */
function storedDump(compression: Compression) {
  const vault = new FolderVault(temporaryFolder(), 'writer');
  cpSync(folders.get(compression) ?? '', vault.root, { recursive: true });
  return { vault, object: objects.get(compression) as StoredObject, path: join(vault.root, key) };
}

/** Reads it and says how that ended, and how much came before. */
async function reading(source: AsyncIterable<Uint8Array>): Promise<{ bytes: number; error?: unknown }> {
  let bytes = 0;
  try {
    for await (const chunk of source) bytes += chunk.byteLength;
    return { bytes };
  } catch (error) {
    return { bytes, error };
  }
}

const points: [string, (object: StoredObject) => number][] = [
  ['to nothing', () => 0],
  ['after the first byte', () => 1],
  ['inside the first frame', ({ size }) => Math.floor(size / 10)],
  ['after what the vault reads at once', () => 1024 * 1024],
  ['in the middle', ({ size }) => size >> 1],
  ['before the last byte', ({ size }) => size - 1],
];

describe('a stored dump', () => {
  it.each(compressions)('comes back as it was with %s, with the digests of the stored bytes', async (compression) => {
    const { vault, object, path } = storedDump(compression);
    expect((await gathered(readDump(vault, object, compression))).equals(content)).toBe(true);
    const stored = readFileSync(path);
    expect(object.size).toBe(stored.length);
    expect((await gathered(readVerified(vault, object))).equals(stored)).toBe(true);
  });

  it.each(compressions.flatMap((compression) => points.map(([where, at]) => [compression, where, at] as const)))(
    'that was cut (%s, %s) is a ChecksumError before the first byte',
    async (compression, _, at) => {
      const { vault, object, path } = storedDump(compression);
      truncateSync(path, at(object));
      const { bytes, error } = await reading(readDump(vault, object, compression));
      expect(error).toBeInstanceOf(ChecksumError);
      expect(String(error)).toContain(key);
      expect(bytes).toBe(0);
    },
  );

  it.each(compressions)('that was cut between two frames and described as if it were whole (%s) is only as long as its frames', async (compression) => {
    const vault = new FolderVault(temporaryFolder(), 'writer');
    const first = await store(vault, 'first', streamOf([content.subarray(0, 400_009)]), compression);
    const { object, path } = storedDump(compression);
    const cut = readFileSync(path).subarray(0, first.size);
    const other = new FolderVault(temporaryFolder(), 'writer');
    await other.create(key, streamOf([cut]));
    expect(await reading(readDump(other, { ...first, key }, compression))).toEqual({ bytes: 400_009 });
    expect((await reading(readDump(other, object, compression))).error).toBeInstanceOf(ChecksumError);
  });

  it.each(['zstd', 'gzip'] as const)('that was cut inside a frame and described as if it were whole (%s) is a ChecksumError', async (compression) => {
    const { object, path } = storedDump(compression);
    const vault = new FolderVault(temporaryFolder(), 'writer');
    const cut = await store(vault, key, streamOf([readFileSync(path).subarray(0, object.size - 5)]), 'none');
    expect((await reading(readDump(vault, cut, compression))).error).toBeInstanceOf(ChecksumError);
  });

  it.each(compressions.flatMap((compression) => [0, 0.0001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99999].map((part) => [compression, part] as const)))(
    'with one flipped byte (%s, at %d of it) is a ChecksumError',
    async (compression, part) => {
      const { vault, object, path } = storedDump(compression);
      const stored = readFileSync(path);
      const at = Math.floor(part * stored.length);
      stored[at] = (stored[at] ?? 0) ^ 0x20;
      writeFileSync(path, stored);
      const { error } = await reading(readDump(vault, object, compression));
      expect(error).toBeInstanceOf(ChecksumError);
      expect(String(error)).toContain(key);
    },
  );

  it('is a ChecksumError when the first byte of a later gzip member was zeroed, which gunzip takes for padding', async () => {
    const { vault, object, path } = storedDump('gzip');
    const stored = readFileSync(path);
    const first = await store(vault, 'first', streamOf([content.subarray(0, 400_009)]), 'gzip');
    expect(stored[first.size]).toBe(0x1f);
    stored[first.size] = 0;
    writeFileSync(path, stored);
    expect((await reading(readDump(vault, object, 'gzip'))).error).toBeInstanceOf(ChecksumError);
  });

  it.each(compressions)('that something was appended to (%s) is a ChecksumError', async (compression) => {
    const { vault, object, path } = storedDump(compression);
    writeFileSync(path, Buffer.from('more'), { flag: 'a' });
    expect((await reading(readDump(vault, object, compression))).error).toBeInstanceOf(ChecksumError);
  });

  it.each(compressions)('that is gone (%s) is an ObjectMissingError', async (compression) => {
    const { vault, object } = storedDump(compression);
    await vault.retire(key);
    expect((await reading(readDump(vault, object, compression))).error).toBeInstanceOf(ObjectMissingError);
  });

  it.each(compressions)('does not become visible when its source fails (%s)', async (compression) => {
    const vault = new FolderVault(temporaryFolder(), 'writer');
    const error = new Error('the tool exited with status 1');
    await expect(store(vault, key, streamOf(inPieces(content, 400_009), error), compression)).rejects.toBe(error);
    expect(await vault.list('')).toEqual([]);
  });
});

describe('a stored document', () => {
  it('comes back whole, and is a ChecksumError when a byte of it was changed', async () => {
    const vault = new FolderVault(temporaryFolder(), 'writer');
    const object = await storeDocument(vault, 'x.json', Buffer.from('{"a":1}'));
    expect(Buffer.from(await readDocument(vault, object)).toString()).toBe('{"a":1}');
    writeFileSync(join(vault.root, 'x.json'), '{"a":2}');
    await expect(readDocument(vault, object)).rejects.toBeInstanceOf(ChecksumError);
  });
});
