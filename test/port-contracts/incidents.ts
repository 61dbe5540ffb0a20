import { describe, expect, it } from 'vitest';
import type { Incidents } from '../../core/catalogue/incidents.ts';
import { incidentOf } from '../support/records.ts';
import { expectParts } from './parts.ts';

/**
 * Contract of every list of incidents (core/catalogue/incidents.ts). `make` gives two clients of one empty catalogue.
 */
export function incidentsContract(make: () => Promise<{ one: Incidents; other: Incidents }>): void {
  const incident = incidentOf('2026-11-22T05:00:00Z');
  const endedAt = '2026-11-23T05:00:00.000Z';

  describe('change', () => {
    it('is told that none is open, and opens one', async () => {
      const { one, other } = await make();
      const told: unknown[] = [];
      const opened = await one.change('main', 'backup-failed', (open) => {
        told.push(open);
        return incident;
      });
      expect(told).toContain(undefined);
      expect(opened).toEqual(incident);
      expect((await other.list()).items).toEqual([incident]);
    });

    it('replaces the open one and returns it', async () => {
      const { one, other } = await make();
      await one.change('main', 'backup-failed', () => incident);
      const changed = { ...incident, count: 2, alert: { state: 'sent', at: endedAt } as const };
      expect(await other.change('main', 'backup-failed', (open) => open && changed)).toEqual(changed);
      expect((await one.list()).items).toEqual([changed]);
    });

    it('changes nothing when it is told nothing', async () => {
      const { one } = await make();
      expect(await one.change('main', 'backup-failed', () => undefined)).toBeUndefined();
      expect((await one.list({ ended: true })).items).toEqual([]);
      await one.change('main', 'backup-failed', () => incident);
      expect(await one.change('main', 'backup-failed', () => undefined)).toEqual(incident);
      expect((await one.list()).items).toEqual([incident]);
    });

    it('closes one that comes back with its end, after which a new one can begin', async () => {
      const { one } = await make();
      await one.change('main', 'backup-failed', () => incident);
      const ended = { ...incident, endedAt };
      expect(await one.change('main', 'backup-failed', (open) => open && ended)).toEqual(ended);
      expect((await one.list()).items).toEqual([]);
      const next = incidentOf('2026-11-24T05:00:00Z');
      await one.change('main', 'backup-failed', (open) => (open === undefined ? next : undefined));
      expect((await one.list()).items).toEqual([next]);
      expect((await one.list({ ended: true })).items).toEqual([ended, next]);
    });

    it('changes nothing when the change throws, and its error comes through', async () => {
      const { one } = await make();
      await one.change('main', 'backup-failed', () => incident);
      const error = new Error('no');
      const throwing = one.change('main', 'backup-failed', () => {
        throw error;
      });
      await expect(throwing).rejects.toBe(error);
      expect((await one.list()).items).toEqual([incident]);
    });

    it('opens one incident when many come at once, and counts them all', async () => {
      const { one, other } = await make();
      const happen = (index: number) =>
        (index % 2 ? one : other).change('main', 'backup-failed', (open) => (open ? { ...open, count: open.count + 1 } : incident));
      await Promise.all(Array.from({ length: 15 }, (_, index) => happen(index)));
      expect((await one.list({ ended: true })).items).toEqual([{ ...incident, count: 15 }]);
    });
  });

  describe('list', () => {
    it('keeps databases, the vault and kinds apart, oldest first', async () => {
      const { one } = await make();
      const all = [
        incident,
        incidentOf('2026-11-22T06:00:00Z', { kind: 'rotation-failed' }),
        incidentOf('2026-11-22T07:00:00Z', { database: 'main-2' }),
        incidentOf('2026-11-22T08:00:00Z', { kind: 'sweep-failed' }),
      ];
      for (const each of all) await one.change(each.database, each.kind, () => each);
      expect((await one.list()).items).toEqual(all);
      expect(all[3]).not.toHaveProperty('database');
      expect((await one.list({ database: 'main' })).items).toEqual([all[0], all[1]]);
      expect((await one.list({ database: 'main-2', ended: true })).items).toEqual([all[2]]);
      for (const database of ['mai', 'vault']) expect((await one.list({ database, ended: true })).items).toEqual([]);
    });

    it('knows a database that is called vault from the vault', async () => {
      const { one } = await make();
      const ofDatabase = incidentOf('2026-11-22T05:00:00Z', { database: 'vault' });
      const ofVault = incidentOf('2026-11-22T06:00:00Z', { kind: 'sweep-failed' });
      for (const each of [ofDatabase, ofVault]) await one.change(each.database, each.kind, () => each);
      expect((await one.list()).items).toEqual([ofDatabase, ofVault]);
      expect((await one.list({ database: 'vault' })).items).toEqual([ofDatabase]);
      await one.change(undefined, 'sweep-failed', (open) => open && { ...open, endedAt });
      expect((await one.list()).items).toEqual([ofDatabase]);
      expect((await one.list({ ended: true })).items).toEqual([ofDatabase, { ...ofVault, endedAt }]);
    });

    it('gives parts, closed ones among them, also when all began and ended in one instant', async () => {
      const { one } = await make();
      for (let time = 0; time < 3; time++) {
        await one.change('main', 'backup-failed', () => ({ ...incident, count: time + 1 }));
        await one.change('main', 'backup-failed', (open) => open && { ...open, endedAt: incident.since });
      }
      await one.change('main-2', 'backup-failed', () => incidentOf('2026-11-22T07:00:00Z', { database: 'main-2' }));
      const whole = (await one.list({ ended: true })).items;
      expect(whole).toHaveLength(4);
      await expectParts((paging) => one.list({ ended: true, ...paging }), whole);
      await expectParts((paging) => one.list({ database: 'main', ...paging }), []);
      await expectParts((paging) => one.list(paging), whole.slice(3));
    });

    it('gives the closed ones only when asked', async () => {
      const { one } = await make();
      await one.change('main', 'backup-failed', () => incident);
      await one.change('main', 'backup-failed', () => ({ ...incident, endedAt }));
      expect((await one.list({ database: 'main' })).items).toEqual([]);
      expect((await one.list({ database: 'main', ended: true })).items).toEqual([{ ...incident, endedAt }]);
    });
  });
}
