import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Backup, isGood } from '../../../core/catalogue/backups.ts';
import type { KeepPolicy } from '../../../core/config/config.ts';
import { planRetention } from '../../../core/policy/retention.ts';
import { backupOf } from '../../support/backups.ts';

const hours = fc.integer({ min: 0, max: 24 * 800 });
/** Histories as they come about: several a day or none for weeks, of every status, verdict and kind, published late or not, in any order. */
const history: fc.Arbitrary<Backup[]> = fc.uniqueArray(
  fc
    .record({
      hour: hours,
      kind: fc.constantFrom('scheduled' as const, 'manual' as const),
      status: fc.oneof(
        { weight: 6, arbitrary: fc.constant('published' as const) },
        { weight: 1, arbitrary: fc.constantFrom('retired' as const, 'missing' as const) },
      ),
      verdict: fc.constantFrom('none' as const, 'proven' as const, 'partial' as const, 'refuted' as const),
      held: fc.constantFrom(true, false, false, false),
      late: fc.integer({ min: 0, max: 24 * 60 }),
    })
    .map(({ hour, kind, status, verdict, held, late }) =>
      backupOf(at(hour), {
        kind,
        status,
        proof: { verdict },
        publishedAt: at(hour + late),
        ...(held && { hold: { by: 'someone', since: at(hour), reason: '' } }),
      }),
    ),
  { maxLength: 60, selector: ({ id }) => id },
);
const policies: fc.Arbitrary<KeepPolicy> = fc.record({
  last: fc.integer({ min: 1, max: 8 }),
  weekly: fc.integer({ min: 0, max: 4 }),
  monthly: fc.integer({ min: 0, max: 4 }),
  yearly: fc.integer({ min: 0, max: 2 }),
});
const zones = fc.constantFrom('UTC', 'Europe/Paris', 'America/Cayenne');

function at(hour: number): string {
  return new Date(Date.UTC(2025, 0, 1, hour)).toISOString();
}

/** What is left after the plan was carried out. */
function rotated(backups: Backup[], policy: KeepPolicy, zone: string): Backup[] {
  const retired = new Set(
    planRetention(backups, policy, zone)
      .filter(({ keep }) => !keep)
      .map(({ backup }) => backup.id),
  );
  return backups.map((backup) => (retired.has(backup.id) ? { ...backup, status: 'retired' } : backup));
}

function check(holds: (backups: Backup[], policy: KeepPolicy, zone: string) => void): void {
  fc.assert(
    fc.property(history, policies, zones, (backups, policy, zone) => holds(backups, policy, zone)),
    { numRuns: 150 },
  );
}

const newestFirst = (backups: Backup[]) => [...backups].sort((one, other) => (one.slot < other.slot ? 1 : -1));
const goodOf = (backups: Backup[], kind: Backup['kind']) => newestFirst(backups.filter((backup) => isGood(backup) && backup.kind === kind));

describe('whatever has happened, rotation', () => {
  it('leaves at least the newest good ones of each kind that the policy names, by slot', () =>
    check((backups, policy, zone) => {
      const left = rotated(backups, policy, zone);
      for (const kind of ['scheduled', 'manual'] as const) {
        const before = goodOf(backups, kind).map(({ id }) => id);
        const remaining = goodOf(left, kind).map(({ id }) => id);
        expect(remaining.length).toBeGreaterThanOrEqual(Math.min(policy.last, before.length));
        expect(remaining.slice(0, policy.last)).toEqual(before.slice(0, policy.last));
      }
    }));

  it('never retires a hold', () =>
    check((backups, policy, zone) => {
      for (const { backup, keep } of planRetention(backups, policy, zone)) if (backup.hold) expect(keep).toBe(true);
    }));

  it('never retires the newest proven one', () =>
    check((backups, policy, zone) => {
      const newest = newestFirst(backups.filter(({ status, proof }) => status === 'published' && proof.verdict === 'proven'))[0];
      const slots = planRetention(backups, policy, zone)
        .filter(({ keep, backup }) => keep && backup.proof.verdict === 'proven')
        .map(({ backup }) => backup.slot);
      if (newest) expect(slots).toContain(newest.slot);
    }));

  it('retires nothing more when it is repeated', () =>
    check((backups, policy, zone) => {
      const left = rotated(backups, policy, zone);
      expect(planRetention(left, policy, zone).filter(({ keep }) => !keep)).toEqual([]);
    }));

  it('decides once about each published backup and about nothing else', () =>
    check((backups, policy, zone) => {
      const ids = planRetention(backups, policy, zone).map(({ backup }) => backup.id);
      const published = backups.filter(({ status }) => status === 'published').map(({ id }) => id);
      expect([...ids].sort()).toEqual([...published].sort());
    }));

  it('never leaves a database with nothing when it had something', () =>
    check((backups, policy, zone) => {
      const left = rotated(backups, policy, zone).filter(({ status }) => status === 'published');
      expect(left.length > 0).toBe(backups.some(({ status }) => status === 'published'));
    }));

  it('treats one kind as if the other did not exist, but for the proven one and the refuted', () =>
    check((backups, policy, zone) => {
      const alone = backups.filter(({ kind }) => kind === 'manual').map((backup): Backup => ({ ...backup, proof: { verdict: 'none' } }));
      const beside = backups.filter(({ kind }) => kind === 'scheduled').map((backup): Backup => ({ ...backup, proof: { verdict: 'none' } }));
      const ofManual = (plan: ReturnType<typeof planRetention>) => plan.filter(({ backup }) => backup.kind === 'manual');
      expect(ofManual(planRetention([...beside, ...alone], policy, zone))).toEqual(planRetention(alone, policy, zone));
    }));

  it('keeps at most what the policy and people ask for', () =>
    check((backups, policy, zone) => {
      const good = planRetention(backups, policy, zone).filter(({ keep, backup }) => keep && isGood(backup) && !backup.hold);
      const asked = policy.last + policy.weekly + policy.monthly + policy.yearly;
      expect(good.length).toBeLessThanOrEqual(2 * asked + 1);
    }));

  it('keeps with a larger policy all that it keeps with a smaller one', () =>
    check((backups, policy, zone) => {
      const keptWith = (policy: KeepPolicy) =>
        planRetention(backups, policy, zone)
          .filter(({ keep }) => keep)
          .map(({ backup }) => backup.id);
      const larger = { last: policy.last + 1, weekly: policy.weekly + 1, monthly: policy.monthly, yearly: policy.yearly + 1 };
      expect(keptWith(larger)).toEqual(expect.arrayContaining(keptWith(policy)));
    }));
});
