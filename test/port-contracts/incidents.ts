import { describe, expect, it } from 'vitest';
import type { Incidents } from '../../core/catalogue/incidents.ts';
import { incidentOf } from '../support/records.ts';

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
      expect(await other.list()).toEqual([incident]);
    });

    it('replaces the open one and returns it', async () => {
      const { one, other } = await make();
      await one.change('main', 'backup-failed', () => incident);
      const changed = { ...incident, count: 2, alert: { state: 'sent', at: endedAt } as const };
      expect(await other.change('main', 'backup-failed', (open) => open && changed)).toEqual(changed);
      expect(await one.list()).toEqual([changed]);
    });

    it('changes nothing when it is told nothing', async () => {
      const { one } = await make();
      expect(await one.change('main', 'backup-failed', () => undefined)).toBeUndefined();
      expect(await one.list({ ended: true })).toEqual([]);
      await one.change('main', 'backup-failed', () => incident);
      expect(await one.change('main', 'backup-failed', () => undefined)).toEqual(incident);
      expect(await one.list()).toEqual([incident]);
    });

    it('closes one that comes back with its end, after which a new one can begin', async () => {
      const { one } = await make();
      await one.change('main', 'backup-failed', () => incident);
      const ended = { ...incident, endedAt };
      expect(await one.change('main', 'backup-failed', (open) => open && ended)).toEqual(ended);
      expect(await one.list()).toEqual([]);
      const next = incidentOf('2026-11-24T05:00:00Z');
      await one.change('main', 'backup-failed', (open) => (open === undefined ? next : undefined));
      expect(await one.list()).toEqual([next]);
      expect(await one.list({ ended: true })).toEqual([ended, next]);
    });

    it('changes nothing when the change throws, and its error comes through', async () => {
      const { one } = await make();
      await one.change('main', 'backup-failed', () => incident);
      const error = new Error('no');
      const throwing = one.change('main', 'backup-failed', () => {
        throw error;
      });
      await expect(throwing).rejects.toBe(error);
      expect(await one.list()).toEqual([incident]);
    });

    it('opens one incident when many come at once, and counts them all', async () => {
      const { one, other } = await make();
      const happen = (index: number) =>
        (index % 2 ? one : other).change('main', 'backup-failed', (open) => (open ? { ...open, count: open.count + 1 } : incident));
      await Promise.all(Array.from({ length: 30 }, (_, index) => happen(index)));
      expect(await one.list({ ended: true })).toEqual([{ ...incident, count: 30 }]);
    });
  });

  describe('list', () => {
    it('keeps databases and kinds apart, oldest first', async () => {
      const { one } = await make();
      const all = [
        incident,
        incidentOf('2026-11-22T06:00:00Z', { kind: 'rotation-failed' }),
        incidentOf('2026-11-22T07:00:00Z', { database: 'main-2' }),
        incidentOf('2026-11-22T08:00:00Z', { kind: 'sweep-failed' }),
      ];
      for (const each of all) await one.change(each.database, each.kind, () => each);
      expect(await one.list()).toEqual(all);
      expect(await one.list({ database: 'main' })).toEqual([all[0], all[1], all[3]]);
      expect(await one.list({ database: 'main-2', ended: true })).toEqual([all[2]]);
      expect(await one.list({ database: 'mai' })).toEqual([]);
    });

    it('gives the closed ones only when asked', async () => {
      const { one } = await make();
      await one.change('main', 'backup-failed', () => incident);
      await one.change('main', 'backup-failed', () => ({ ...incident, endedAt }));
      expect(await one.list({ database: 'main' })).toEqual([]);
      expect(await one.list({ database: 'main', ended: true })).toEqual([{ ...incident, endedAt }]);
    });
  });
}
