import { detailText } from '../catalogue/audit-details.ts';
import { type Backup, isGood, isOfFuture, isSound } from '../catalogue/backups.ts';
import { newestFirst } from '../catalogue/order.ts';
import type { KeepPolicy } from '../config/config.ts';
import { monthOf, weekOf, yearOf } from '../time/periods.ts';

/** Decision of rotation on one backup, with its reason. `place` is 1 for the newest good one of its kind. */
export interface Decision {
  backup: Backup;
  keep: boolean;
  reason: Reason;
}

export type Reason =
  | { because: 'newest' | 'newest-sound'; place: number; of: number }
  | { because: 'hold'; by: string }
  | { because: 'newest-proven' | 'of-future' }
  | { because: 'week' | 'month' | 'year'; period: string }
  | { because: 'only-hope' }
  | { because: 'refuted' }
  | { because: 'beyond'; of: number };

type Keeper = (backup: Backup) => Reason | undefined;

/**
 * Decides on the published backups of one database, newest slot first. Depends on nothing but them and the policy: an
 * outage retires nothing. Those of the future, which a clock has made that was ahead, are kept and displace none.
 * Scheduled and manual backups are counted apart, and only good ones count. It keeps the newest `last` of each kind,
 * however old; the newest of each of the last weeks, months and years that have one; every hold; and the newest proven
 * one. A flawed backup counts, and displaces no other: the newest `last` without a flaw are kept beside it, and a week,
 * month or year is represented by one without a flaw if it has any. A refuted backup goes once a newer good one exists.
 */
export function planRetention(backups: Backup[], policy: KeepPolicy, timeZone: string, now?: Date): Decision[] {
  const published = backups.filter(({ status }) => status === 'published').sort(newestFirst);
  const isAhead = (backup: Backup) => now !== undefined && isOfFuture(backup, now);
  const good = published.filter((backup) => isGood(backup) && !isAhead(backup));
  const newestProven = good.find(({ proof }) => proof.verdict === 'proven');
  const keepers: Keeper[] = [
    ({ hold }) => hold && { because: 'hold', by: hold.by },
    (backup) => (isGood(backup) && isAhead(backup) ? { because: 'of-future' } : undefined),
    (backup) => (backup === newestProven ? { because: 'newest-proven' } : undefined),
  ];
  for (const kind of ['scheduled', 'manual'] as const) {
    const counted = good.filter((backup) => backup.kind === kind);
    keepers.unshift(newest('newest', counted, policy.last), newest('newest-sound', counted.filter(isSound), policy.last));
    keepers.push(newestOfEach('week', counted, policy.weekly, (slot) => weekOf(slot, timeZone)));
    keepers.push(newestOfEach('month', counted, policy.monthly, (slot) => monthOf(slot, timeZone)));
    keepers.push(newestOfEach('year', counted, policy.yearly, (slot) => yearOf(slot, timeZone)));
  }
  return published.map((backup) => decide(backup, keepers, good, policy));
}

function decide(backup: Backup, keepers: Keeper[], good: Backup[], policy: KeepPolicy): Decision {
  for (const keeper of keepers) {
    const reason = keeper(backup);
    if (reason) return { backup, keep: true, reason };
  }
  if (isGood(backup)) return { backup, keep: false, reason: { because: 'beyond', of: policy.last } };
  const superseded = good.some(({ slot }) => slot > backup.slot);
  return superseded ? { backup, keep: false, reason: { because: 'refuted' } } : { backup, keep: true, reason: { because: 'only-hope' } };
}

function newest(because: 'newest' | 'newest-sound', counted: Backup[], last: number): Keeper {
  return (backup) => {
    const place = counted.indexOf(backup) + 1;
    return place > 0 && place <= last ? { because, place, of: last } : undefined;
  };
}

function newestOfEach(because: 'week' | 'month' | 'year', counted: Backup[], periods: number, periodOf: (slot: Date) => string): Keeper {
  const kept = new Map<string, Backup>();
  for (const backup of periods > 0 ? counted : []) {
    const period = periodOf(new Date(backup.slot));
    const chosen = kept.get(period);
    if (chosen ? !isSound(chosen) && isSound(backup) : kept.size < periods) kept.set(period, backup);
  }
  const periodOfKept = new Map([...kept].map(([period, backup]) => [backup, period]));
  return (backup) => {
    const period = periodOfKept.get(backup);
    return period === undefined ? undefined : { because, period };
  };
}

/** Explains a reason to people. */
export function explain(reason: Reason): string {
  switch (reason.because) {
    case 'newest':
      return `number ${reason.place} of the newest ${reason.of}`;
    case 'newest-sound':
      return `number ${reason.place} of the newest ${reason.of} without a flaw`;
    case 'hold':
      return `held by ${reason.by}`;
    case 'newest-proven':
      return 'the newest proven one';
    case 'of-future':
      return 'made when the clock was ahead';
    case 'week':
      return `the newest of the week of ${reason.period}`;
    case 'month':
    case 'year':
      return `the newest of ${reason.period}`;
    case 'only-hope':
      return 'refuted, but no newer backup is good';
    case 'refuted':
      return detailText({ about: 'superseded' });
    case 'beyond':
      return detailText({ about: 'beyond', newest: reason.of });
  }
}
