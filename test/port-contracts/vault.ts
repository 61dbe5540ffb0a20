import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ObjectExistsError, ObjectMissingError, RefusedError, SauvegardeError } from '../../core/errors.ts';
import type { Vault } from '../../core/vault/vault.ts';
import { gathered, noise, streamOf } from '../support/streams.ts';

const key = 'main/2026/11/backup_20261122_050000Z.sql.zst';
const never = new Date(0);
const later = () => new Date(Date.now() + 3_600_000);

/** In what the homes of a vault differ. */
export interface VaultHome {
  /** Who removes for good what was retired: `clean`, or the rules of the bucket, which no test can wait for. */
  retiredAreRemovedBy: 'clean' | 'lifecycle';
  /** Bytes after which a write has left something in the vault that `clean` can find. */
  writeBeginsAfter: number;
}

/** What every vault promises (core/vault/vault.ts). `make` gives two clients of one empty vault. */
export function vaultContract({ retiredAreRemovedBy, writeBeginsAfter }: VaultHome, make: () => Promise<{ one: Vault; other: Vault }>): void {
  const stored = async (vault: Vault, at: string) => gathered((await vault.read(at)).bytes);
  const keysIn = async (vault: Vault, prefix = '') => (await vault.list(prefix)).map((listed) => listed.key);

  describe('create', () => {
    it.each([0, 1, 4097, 3 * 1024 * 1024 + 1])('stores %i bytes and returns their size and CRC-32', async (size) => {
      const { one, other } = await make();
      const bytes = noise(size);
      const result = await one.create(key, streamOf([bytes.subarray(0, size >> 1), Buffer.alloc(0), bytes.subarray(size >> 1)]));
      expect(result).toEqual({ size, crc32: crc32(bytes).toString(16).padStart(8, '0') });
      expect((await other.read(key)).size).toBe(size);
      expect((await stored(other, key)).equals(bytes)).toBe(true);
    });

    it('shows the object to nobody before its bytes have ended', async () => {
      const { one, other } = await make();
      const seen: string[][] = [];
      async function* watched() {
        yield noise(100_000);
        seen.push(await keysIn(one), await keysIn(other));
        yield noise(100_000);
        seen.push(await keysIn(one), await keysIn(other));
      }
      await one.create(key, watched());
      expect(seen).toEqual([[], [], [], []]);
      expect(await keysIn(other)).toEqual([key]);
    });

    it.each([
      ['before the first byte', []],
      ['after the first chunk', ['a']],
      ['after megabytes', [noise(2 * 1024 * 1024), noise(5)]],
    ])('leaves nothing when the source throws %s, and its error comes through', async (_, chunks) => {
      const { one } = await make();
      const error = Object.assign(new Error('the source broke'), { code: 'EEXIST' });
      await expect(one.create(key, streamOf(chunks, error))).rejects.toBe(error);
      await expect(one.read(key)).rejects.toBeInstanceOf(ObjectMissingError);
      expect(await one.list('')).toEqual([]);
      expect(await one.clean({ retired: later(), unfinished: later() })).toBe(0);
    });

    it('can be repeated after a failure', async () => {
      const { one } = await make();
      await expect(one.create(key, streamOf(['half'], new Error('lost connection')))).rejects.toThrow('lost connection');
      await one.create(key, streamOf(['whole']));
      expect((await stored(one, key)).toString()).toBe('whole');
    });

    it('refuses a key that is taken and keeps what is there', async () => {
      const { one, other } = await make();
      await one.create(key, streamOf(['first']));
      await expect(other.create(key, streamOf(['second']))).rejects.toBeInstanceOf(ObjectExistsError);
      expect((await stored(one, key)).toString()).toBe('first');
      expect(await one.clean({ retired: later(), unfinished: later() })).toBe(0);
    });

    it('lets one of two creators of the same key win', async () => {
      const { one, other } = await make();
      const { promise: bothBegan, resolve } = Promise.withResolvers<void>();
      let begun = 0;
      async function* together(text: string) {
        yield Buffer.from(text);
        if (++begun === 2) resolve();
        await bothBegan;
      }
      const ends = await Promise.allSettled([one.create(key, together('from one')), other.create(key, together('from other'))]);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const lost = ends.find((end) => end.status === 'rejected');
      expect(lost?.reason).toBeInstanceOf(ObjectExistsError);
      expect((await stored(one, key)).toString()).toBe(ends[0].status === 'fulfilled' ? 'from one' : 'from other');
    });

    it('writes several keys at once through one client', async () => {
      const { one } = await make();
      const keys = Array.from({ length: 8 }, (_, index) => `main/part-${index}`);
      await Promise.all(keys.map((each) => one.create(each, streamOf([each, each]))));
      for (const each of keys) expect((await stored(one, each)).toString()).toBe(each + each);
    });
  });

  describe('a key that could leave the vault', () => {
    const keys = [
      '',
      '.',
      '..',
      '/',
      '../x',
      '/etc/x',
      'a/../../x',
      'a/../x',
      'a/./x',
      'a//x',
      'a/',
      '.retired/x',
      '.unfinished/x',
      'a\0b',
      'a\\..\\x',
      'a\nb',
      'é/x',
    ];

    it.each(keys.map((escaping) => [JSON.stringify(escaping), escaping]))('%s is refused by every method', async (_, escaping) => {
      const { one } = await make();
      await expect(one.create(escaping, streamOf(['x']))).rejects.toBeInstanceOf(RefusedError);
      await expect(one.read(escaping)).rejects.toBeInstanceOf(RefusedError);
      await expect(one.retire(escaping)).rejects.toBeInstanceOf(RefusedError);
      await expect(one.bringBack(escaping)).rejects.toBeInstanceOf(RefusedError);
      expect(await one.list('')).toEqual([]);
    });
  });

  describe('read', () => {
    it.each(['main', 'main/2026', `${key}/more`, 'other/x', `${key}x`])(
      'of %s, which holds nothing, is an ObjectMissingError before the first byte',
      async (empty) => {
        const { one } = await make();
        await one.create(key, streamOf(['x']));
        await expect(one.read(empty)).rejects.toBeInstanceOf(ObjectMissingError);
      },
    );

    it('may be given up before the first byte and in the middle', async () => {
      const { one } = await make();
      const bytes = noise(3 * 1024 * 1024);
      await one.create(key, streamOf([bytes]));
      await one.read(key);
      for await (const chunk of (await one.read(key)).bytes) {
        expect(bytes.subarray(0, chunk.byteLength).equals(chunk)).toBe(true);
        break;
      }
      expect((await stored(one, key)).equals(bytes)).toBe(true);
    });
  });

  describe('list', () => {
    it('gives every visible object whose key starts with the prefix, sorted by key, with size and time', async () => {
      const { one } = await make();
      const keys = ['app/b', 'app/a', 'app-2/a', 'apple', 'app/a.2', 'b/c/d/e'];
      const before = Date.now() - 1500; // a store may keep whole seconds
      for (const each of keys) await one.create(each, streamOf([each]));
      const all = await one.list('');
      expect(all.map((listed) => listed.key)).toEqual(['app-2/a', 'app/a', 'app/a.2', 'app/b', 'apple', 'b/c/d/e']);
      for (const { key: each, size, at } of all) {
        expect(size).toBe(each.length);
        expect(at.getTime()).toBeGreaterThan(before);
        expect(at.getTime()).toBeLessThan(Date.now() + 1500);
      }
    });

    it.each([
      ['app', ['app-2/a', 'app/2026/x', 'app/2026/x.2', 'apple']],
      ['app/', ['app/2026/x', 'app/2026/x.2']],
      ['app/2026/x', ['app/2026/x', 'app/2026/x.2']],
      ['app/2026/x.', ['app/2026/x.2']],
      ['app/2026/x/', []],
      ['pp', []],
      ['nothing/here/', []],
    ])('takes the prefix %s to the letter', async (prefix, expected) => {
      const { one } = await make();
      for (const each of ['app/2026/x', 'app/2026/x.2', 'app-2/a', 'apple']) await one.create(each, streamOf(['']));
      expect(await keysIn(one, prefix)).toEqual(expected);
    });

    it('of an empty vault is empty', async () => {
      const { one } = await make();
      expect(await one.list('')).toEqual([]);
    });

    it('works while others create and retire', async () => {
      const { one, other } = await make();
      await one.create('stays', streamOf(['x']));
      const churn = async () => {
        for (let round = 0; round < 20; round++) {
          await other.create(`comes/${round}`, streamOf(['x']));
          await other.retire(`comes/${round}`);
        }
      };
      let done = false;
      const churning = churn().finally(() => {
        done = true;
      });
      const lists: string[][] = [];
      while (!done) lists.push(await keysIn(one));
      await churning;
      expect(lists.every((keys) => keys.includes('stays'))).toBe(true);
    });
  });

  describe('retire and bringBack', () => {
    it('take an object out of sight, and back as it was', async () => {
      const { one, other } = await make();
      await one.create(key, streamOf(['content']));
      await one.create(`${key}.2`, streamOf(['neighbour']));
      await one.retire(key);
      await expect(other.read(key)).rejects.toBeInstanceOf(ObjectMissingError);
      expect(await keysIn(other)).toEqual([`${key}.2`]);
      await other.bringBack(key);
      expect(await keysIn(one)).toEqual([key, `${key}.2`]);
      expect((await stored(one, key)).toString()).toBe('content');
    });

    it('can both be repeated', async () => {
      const { one, other } = await make();
      await one.create(key, streamOf(['content']));
      await Promise.all([one.retire(key), other.retire(key)]);
      await one.retire(key);
      await Promise.all([one.bringBack(key), other.bringBack(key)]);
      await one.bringBack(key);
      expect((await stored(one, key)).toString()).toBe('content');
      expect(await keysIn(one)).toEqual([key]);
    });

    it.each(['main', 'main/2026/11', 'nothing/there', `${key}/more`])('leave everything alone when nothing is under %s', async (empty) => {
      const { one } = await make();
      await one.create(key, streamOf(['content']));
      await one.retire(empty);
      await expect(one.bringBack(empty)).rejects.toBeInstanceOf(ObjectMissingError);
      expect(await keysIn(one)).toEqual([key]);
    });

    it('leave a key free for a new object, which bringBack then keeps', async () => {
      const { one } = await make();
      await one.create(key, streamOf(['old']));
      await one.retire(key);
      await one.create(key, streamOf(['new']));
      await one.bringBack(key);
      expect((await stored(one, key)).toString()).toBe('new');
    });
  });

  describe('clean', () => {
    it.runIf(retiredAreRemovedBy === 'clean')('removes for good what was retired before the instant, and counts it', async () => {
      const { one } = await make();
      await one.create(key, streamOf(['12345']));
      await one.retire(key);
      expect(await one.clean({ retired: never, unfinished: never })).toBe(0);
      expect(await one.clean({ retired: later(), unfinished: never })).toBe(1);
      await expect(one.bringBack(key)).rejects.toBeInstanceOf(ObjectMissingError);
    });

    it.runIf(retiredAreRemovedBy === 'lifecycle')("leaves what was retired to the bucket's lifecycle", async () => {
      const { one } = await make();
      await one.create(key, streamOf(['12345']));
      await one.retire(key);
      expect(await one.clean({ retired: later(), unfinished: later() })).toBe(0);
      await one.bringBack(key);
      expect((await stored(one, key)).toString()).toBe('12345');
    });

    it('never touches what is visible', async () => {
      const { one } = await make();
      await one.create(key, streamOf(['content']));
      await one.create('x', streamOf(['content']));
      await one.retire('x');
      await one.bringBack('x');
      expect(await one.clean({ retired: later(), unfinished: later() })).toBe(0);
      expect((await stored(one, key)).toString()).toBe('content');
      expect((await stored(one, 'x')).toString()).toBe('content');
    });

    it('counts the days of grace from the retiring, not from the writing', async () => {
      const { one } = await make();
      await one.create(key, streamOf(['content']));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const between = new Date();
      await one.retire(key);
      expect(await one.clean({ retired: between, unfinished: never })).toBe(0);
      await one.bringBack(key);
      expect((await stored(one, key)).toString()).toBe('content');
    });

    it('removes an unfinished write, which then fails and leaves nothing', async () => {
      const { one, other } = await make();
      const removed: number[] = [];
      async function* cleanedAway() {
        yield noise(writeBeginsAfter);
        yield noise(1);
        removed.push(await other.clean({ retired: never, unfinished: never }));
        removed.push(await other.clean({ retired: never, unfinished: later() }));
        yield noise(100_000);
      }
      await expect(one.create(key, cleanedAway())).rejects.toBeInstanceOf(SauvegardeError);
      expect(removed).toEqual([0, 1]);
      expect(await one.list('')).toEqual([]);
    });
  });
}
