import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ObjectMissingError, RefusedError } from '../../../core/errors.ts';
import { noise, streamOf } from '../../support/streams.ts';
import { key, keysIn, type MakeVaults, stored } from './vault.ts';

export function readAndListContract(make: MakeVaults): void {
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
        for (let round = 0; round < 10; round++) {
          await other.create(`comes/${round}`, streamOf(['x']));
          await other.retire(`comes/${round}`);
        }
      };
      let done = false;
      const churning = churn().finally(() => {
        done = true;
      });
      const lists: string[][] = [];
      for (; !done; await setTimeout(5)) lists.push(await keysIn(one));
      await churning;
      expect(lists.every((keys) => keys.includes('stays'))).toBe(true);
    });
  });
}
