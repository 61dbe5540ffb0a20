import { expect, it } from 'vitest';
import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import type { Standing } from '../../core/catalogue/standings.ts';
import { backupOf, incidentOf } from '../support/records.ts';
import { expectParts } from './parts.ts';

const empty = (database: string): Standing => ({ database, published: 0, incidents: [] });

/** Contract of standings (core/catalogue/standings.ts). `make` gives two clients of one empty catalogue. */
export function standingsContract(make: () => Promise<{ one: Catalogue; other: Catalogue }>): void {
  it('keeps a standing as it was written, in place of the one before', async () => {
    const { one, other } = await make();
    const lastGood = backupOf('2026-11-22T05:00:00Z');
    const full: Standing = { database: 'main', lastGood, lastProven: lastGood.slot, published: 3, incidents: [incidentOf('2026-11-22T06:00:00Z')] };
    expect(await one.standings.get('main')).toBeUndefined();
    const seen: unknown[] = [];
    for (const each of [empty('main'), full])
      expect(
        await one.standings.write('main', async (there) => {
          seen.push(there);
          return each;
        }),
      ).toEqual(each);
    expect(seen).toEqual([undefined, empty('main')]);
    expect(await other.standings.get('main')).toEqual(full);
    expect(await other.standings.get('mai')).toBeUndefined();
  });

  it('is not lost when other records of the database are written, by another process too', async () => {
    const { one, other } = await make();
    await one.standings.write('main', async () => empty('main'));
    for (const catalogue of [one, other]) {
      await catalogue.backups.add(backupOf('2026-11-22T05:00:00Z'));
      await catalogue.incidents.change('main', 'backup-failed', () => incidentOf('2026-11-22T06:00:00Z'));
    }
    expect(await other.standings.get('main')).toEqual(empty('main'));
  });

  it('lists databases by name and in parts, those without a standing too', async () => {
    const { one } = await make();
    await one.backups.add(backupOf('2026-11-22T05:00:00Z', { database: 'shop' }));
    await one.incidents.change('blog', 'backup-failed', () => incidentOf('2026-11-22T06:00:00Z', { database: 'blog' }));
    for (const name of ['main-2', 'main']) await one.standings.write(name, async () => empty(name));
    const known = [
      { database: 'blog' },
      { database: 'main', standing: empty('main') },
      { database: 'main-2', standing: empty('main-2') },
      { database: 'shop' },
    ];
    await expectParts((paging) => one.standings.list(paging), known);
  });

  it('writes nothing when it cannot be computed, and the error comes through', async () => {
    const { one } = await make();
    const error = new Error('no');
    await expect(one.standings.write('main', () => Promise.reject(error))).rejects.toBe(error);
    expect(await one.standings.get('main')).toBeUndefined();
  });

  it('computes again when another writer came between: of many at once, the last has seen what all had written', async () => {
    const { one, other } = await make();
    const count = (index: number) =>
      (index % 2 ? one : other).standings.write('main', async (there) => ({ ...empty('main'), published: (there?.published ?? 0) + 1 }));
    await Promise.all(Array.from({ length: 12 }, (_, index) => count(index)));
    expect(await one.standings.get('main')).toEqual({ ...empty('main'), published: 12 });
  });
}
