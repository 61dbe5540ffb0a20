import { describe, expect, it } from 'vitest';
import type { Backups } from '../../core/catalogue/backups.ts';
import { newestFirst } from '../../core/catalogue/order.ts';
import { backupOf } from '../support/records.ts';
import { expectParts } from './parts.ts';

const hold = { by: 'cli:alice', since: '2026-11-22T06:00:00.000Z', reason: 'audit' };

/** Contract of every list of backups (core/catalogue/backups.ts). `make` gives two clients of one empty catalogue. */
export function backupsContract(make: () => Promise<{ one: Backups; other: Backups }>): void {
  const backup = backupOf('2026-11-22T05:00:00Z');

  it('keeps a backup as it was recorded', async () => {
    const { one, other } = await make();
    const full = { ...backup, hold, retiredAt: '2026-11-23T00:00:00.000Z', objects: { dump: 'a', scan: 'b', proofs: ['c', 'd'] } };
    await one.add(full);
    expect(await other.get(full.id)).toEqual(full);
  });

  it('leaves one that is already recorded as it is', async () => {
    const { one, other } = await make();
    await one.add(backup);
    await one.change(backup.id, (record) => ({ ...record, hold }));
    await other.add({ ...backup, size: 1 });
    expect((await one.list()).items).toEqual([{ ...backup, hold }]);
  });

  it('lists the newest slot first, of one database by its exact name or of all', async () => {
    const { one } = await make();
    for (const day of ['22', '24', '23']) await one.add(backupOf(`2026-11-${day}T05:00:00Z`));
    await one.add(backupOf('2026-11-25T05:00:00Z', { database: 'main-2', kind: 'manual' }));
    const days = async (database?: string) => (await one.list({ database })).items.map(({ slot }) => slot.slice(8, 10));
    expect(await days()).toEqual(['25', '24', '23', '22']);
    expect(await days('main')).toEqual(['24', '23', '22']);
    expect(await days('main-2')).toEqual(['25']);
    expect(await days('mai')).toEqual([]);
  });

  it('lists in parts, of one database or of all', async () => {
    const { one } = await make();
    const slots = ['2026-11-25T05:00:00Z', '2026-11-24T05:00:00Z'];
    // one slot of several databases and kinds, so that a part ends within it
    const own = slots.flatMap((slot) => [backupOf(slot, { kind: 'manual' }), backupOf(slot)]);
    const all = own.flatMap((each) => [backupOf(each.slot, { database: 'main-2', kind: each.kind }), each]).sort(newestFirst);
    for (const each of [...all].reverse()) await one.add(each);
    await expectParts((paging) => one.list({ database: 'main', ...paging }), own);
    await expectParts((paging) => one.list(paging), all);
    await expectParts((paging) => one.list({ database: 'mai', ...paging }), []);
  });

  it('a list that is read in parts gives what was there at its beginning once, whatever comes and goes', async () => {
    const { one, other } = await make();
    for (const day of ['22', '23', '24', '25']) await one.add(backupOf(`2026-11-${day}T05:00:00Z`));
    const { items, next } = await one.list({ limit: 2 });
    await other.add(backupOf('2026-11-26T05:00:00Z'));
    await other.remove('main-20261124_050000Z');
    const rest = await one.list({ limit: 2, after: next });
    expect([...items, ...rest.items].map(({ slot }) => slot.slice(8, 10))).toEqual(['25', '24', '23', '22']);
  });

  describe('change', () => {
    it('replaces the record and returns it', async () => {
      const { one, other } = await make();
      await one.add(backup);
      expect(await one.change(backup.id, (record) => ({ ...record, status: 'retired' }))).toEqual({ ...backup, status: 'retired' });
      expect(await other.get(backup.id)).toEqual({ ...backup, status: 'retired' });
    });

    it('can take a hold away', async () => {
      const { one } = await make();
      await one.add({ ...backup, hold });
      await one.change(backup.id, ({ hold: _, ...record }) => record);
      expect(await one.get(backup.id)).toEqual(backup);
    });

    it('changes nothing when it is told nothing, and returns what is there', async () => {
      const { one } = await make();
      await one.add(backup);
      expect(await one.change(backup.id, () => undefined)).toEqual(backup);
      expect(await one.get(backup.id)).toEqual(backup);
    });

    it('of a backup that is not there returns undefined, asks nobody and makes none', async () => {
      const { one } = await make();
      const asked: unknown[] = [];
      expect(
        await one.change(backup.id, (record) => {
          asked.push(record);
          return record;
        }),
      ).toBeUndefined();
      expect(asked).toEqual([]);
      expect((await one.list()).items).toEqual([]);
    });

    it('changes nothing when the change throws, and its error comes through', async () => {
      const { one } = await make();
      await one.add(backup);
      const error = new Error('held');
      const throwing = one.change(backup.id, () => {
        throw error;
      });
      await expect(throwing).rejects.toBe(error);
      expect(await one.change(backup.id, (record) => ({ ...record, rows: 1 }))).toEqual({ ...backup, rows: 1 });
    });

    it('loses none of many changes made at once', async () => {
      const { one, other } = await make();
      await one.add({ ...backup, rows: 0 });
      const count = (index: number) => (index % 2 ? one : other).change(backup.id, (record) => ({ ...record, rows: record.rows + 1 }));
      await Promise.all(Array.from({ length: 20 }, (_, index) => count(index)));
      expect(await one.get(backup.id)).toMatchObject({ rows: 20 });
    });
  });

  it('forgets a backup, also twice', async () => {
    const { one } = await make();
    await one.add(backup);
    await one.add(backupOf('2026-11-23T05:00:00Z'));
    await one.remove(backup.id);
    await one.remove(backup.id);
    expect(await one.get(backup.id)).toBeUndefined();
    expect((await one.list()).items).toHaveLength(1);
  });
}
