import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ObjectExistsError, ObjectMissingError } from '../../../core/errors.ts';
import { noise, streamOf } from '../../support/streams.ts';
import { key, keysIn, later, type MakeVaults, stored } from './vault.ts';

export function createContract(make: MakeVaults): void {
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
      const lost: unknown = ends.find((end) => end.status === 'rejected')?.reason;
      // a store that lists late is refused, which keeps what is there as well; s3rver did so once in many runs
      if (!(lost instanceof ObjectExistsError)) expect(lost).toMatchObject({ message: expect.stringContaining('does not list what it has just stored') });
      expect((await stored(one, key)).toString()).toBe(ends[0].status === 'fulfilled' ? 'from one' : 'from other');
    });

    it('writes several keys at once through one client', async () => {
      const { one } = await make();
      const keys = Array.from({ length: 8 }, (_, index) => `main/part-${index}`);
      await Promise.all(keys.map((each) => one.create(each, streamOf([each, each]))));
      for (const each of keys) expect((await stored(one, each)).toString()).toBe(each + each);
    });
  });
}
