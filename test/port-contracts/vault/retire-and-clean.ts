import { describe, expect, it } from 'vitest';
import { ObjectExistsError, ObjectMissingError, SauvegardeError } from '../../../core/errors.ts';
import { noise, streamOf } from '../../support/streams.ts';
import { key, keysIn, later, type MakeVaults, stored, type VaultHome } from './vault.ts';

const never = new Date(0);

export function retireAndCleanContract({ retiredAreRemovedBy, writeBeginsAfter }: VaultHome, make: MakeVaults): void {
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

    it('never take an object that is put there meanwhile for the one that was retired', async () => {
      const { one } = await make();
      await one.create(key, streamOf(['true']));
      await one.retire(key);
      const put = await one.create(key, streamOf(['fals'])).catch((error: unknown) => error);
      if (!(put instanceof ObjectExistsError)) {
        await expect(one.bringBack(key)).rejects.toBeInstanceOf(ObjectExistsError);
        await one.retire(key);
      }
      await one.bringBack(key);
      expect((await stored(one, key)).toString()).toBe('true');
      await one.retire(key);
      await one.bringBack(key);
      expect((await stored(one, key)).toString()).toBe('true');
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

    it.runIf(writeBeginsAfter !== undefined)('removes an unfinished write, which then fails and leaves nothing', async () => {
      const { one, other } = await make();
      const removed: number[] = [];
      async function* cleanedAway() {
        yield noise(writeBeginsAfter ?? 0);
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
