import { describe, expect, it } from 'vitest';
import type { Backup } from '../../../core/catalogue/backups.ts';
import { type Decision, explain, planRetention, type Reason } from '../../../core/policy/retention.ts';
import { backupOf } from '../../support/backups.ts';

const keepOnly = (last: number) => ({ last, weekly: 0, monthly: 0, yearly: 0 });
const hold = { by: 'cli:alice', since: '2026-01-01T00:00:00.000Z', reason: 'audit' };
const refuted = { proof: { verdict: 'refuted' } } as const;
const proven = { proof: { verdict: 'proven' } } as const;
const manual = { kind: 'manual' } as const;

/** One backup on each of these days of November 2026, or of the month that is named. */
const on = (days: (number | string)[], special: Partial<Backup> = {}) =>
  days.map((day) => backupOf(typeof day === 'number' ? `2026-11-${String(day).padStart(2, '0')}T02:00:00Z` : `${day}T02:00:00Z`, special));

const daysOf = (decisions: Decision[], keep: boolean) => decisions.filter((each) => each.keep === keep).map(({ backup }) => backup.slot.slice(0, 10));
const kept = (decisions: Decision[]) => daysOf(decisions, true);
const retired = (decisions: Decision[]) => daysOf(decisions, false);
const reasonOfDay = (decisions: Decision[], day: string) => decisions.find(({ backup }) => backup.slot.startsWith(day))?.reason;

describe('of the newest', () => {
  it('keeps as many as the policy says and retires the others', () => {
    const plan = planRetention(on([1, 2, 3, 4, 5]), keepOnly(3), 'UTC');
    expect(kept(plan)).toEqual(['2026-11-05', '2026-11-04', '2026-11-03']);
    expect(retired(plan)).toEqual(['2026-11-02', '2026-11-01']);
    expect(reasonOfDay(plan, '2026-11-04')).toEqual({ because: 'newest', place: 2, of: 3 });
    expect(reasonOfDay(plan, '2026-11-02')).toEqual({ because: 'beyond', of: 3 });
  });

  it('keeps all when there are fewer than the policy says', () => {
    expect(retired(planRetention(on([1, 2]), keepOnly(30), 'UTC'))).toEqual([]);
  });

  it('plans nothing for nothing', () => {
    expect(planRetention([], keepOnly(1), 'UTC')).toEqual([]);
  });

  it('is judged by the slot, not by when it was published', () => {
    const madeUpFor = backupOf('2026-11-01T02:00:00Z', { publishedAt: '2026-11-20T09:00:00.000Z' });
    expect(retired(planRetention([madeUpFor, ...on([2, 3])], keepOnly(2), 'UTC'))).toEqual(['2026-11-01']);
  });

  it('does not depend on the order of the records', () => {
    const records = on([3, 1, 5, 2, 4]);
    expect(planRetention(records, keepOnly(2), 'UTC')).toEqual(planRetention([...records].reverse(), keepOnly(2), 'UTC'));
  });

  it('are all there after forty days without a backup', () => {
    const thirty = Array.from({ length: 30 }, (_, day) => backupOf(new Date(Date.UTC(2026, 8, 1 + day, 2)).toISOString()));
    expect(retired(planRetention(thirty, keepOnly(30), 'UTC'))).toEqual([]);
  });
});

describe('what is not good never counts', () => {
  it.each<[what: string, special: Partial<Backup>]>([
    ['refuted', refuted],
    ['retired', { status: 'retired', retiredAt: '2026-11-20T00:00:00.000Z' }],
    ['missing', { status: 'missing' }],
  ])('%s', (_, special) => {
    const plan = planRetention([...on([1, 2]), ...on([3, 4, 5], special)], keepOnly(2), 'UTC');
    expect(kept(plan)).toEqual(expect.arrayContaining(['2026-11-01', '2026-11-02']));
  });

  it.each<[what: string, special: Partial<Backup>]>([
    ['retired', { status: 'retired' }],
    ['missing', { status: 'missing' }],
    ['missing but held', { status: 'missing', hold }],
  ])('and nothing is planned for one that is %s', (_, special) => {
    expect(planRetention(on([1, 2, 3], special), keepOnly(1), 'UTC')).toEqual([]);
  });
});

describe('a refuted backup', () => {
  it('goes once a newer one is good', () => {
    const plan = planRetention([...on([1], refuted), ...on([2])], keepOnly(30), 'UTC');
    expect(retired(plan)).toEqual(['2026-11-01']);
    expect(reasonOfDay(plan, '2026-11-01')).toEqual({ because: 'refuted' });
  });

  it('stays while nothing newer is good: it may be all there is', () => {
    const plan = planRetention([...on([1]), ...on([2, 3], refuted)], keepOnly(1), 'UTC');
    expect(retired(plan)).toEqual([]);
    expect(reasonOfDay(plan, '2026-11-03')).toEqual({ because: 'only-hope' });
  });

  it('goes when the newer good one is manual', () => {
    expect(retired(planRetention([...on([1], refuted), ...on([2], manual)], keepOnly(1), 'UTC'))).toEqual(['2026-11-01']);
  });

  it('stays when it is held', () => {
    expect(retired(planRetention([...on([1], { ...refuted, hold }), ...on([2])], keepOnly(1), 'UTC'))).toEqual([]);
  });

  it('stands for no week, month or year', () => {
    const plan = planRetention([...on(['2026-03-01'], refuted), ...on(['2026-02-01', 20])], { last: 1, weekly: 2, monthly: 2, yearly: 2 }, 'UTC');
    expect(retired(plan)).toEqual(['2026-03-01']);
  });
});

describe('scheduled and manual backups are counted apart', () => {
  it('many of one kind push none of the other out', () => {
    const plan = planRetention([...on([1, 2]), ...on([10, 11, 12, 13, 14], manual)], keepOnly(2), 'UTC');
    expect(kept(plan)).toEqual(['2026-11-14', '2026-11-13', '2026-11-02', '2026-11-01']);
  });

  it('also by week, month and year', () => {
    const plan = planRetention(
      [...on(['2026-01-05', '2026-02-05', 20]), ...on(['2026-01-06', 21], manual)],
      { last: 1, weekly: 0, monthly: 3, yearly: 0 },
      'UTC',
    );
    expect(retired(plan)).toEqual([]);
  });
});

describe('holds and proofs', () => {
  it('keeps a held backup however old it is, beside the newest', () => {
    const plan = planRetention([...on([1], { hold }), ...on([2, 3, 4])], keepOnly(2), 'UTC');
    expect(kept(plan)).toEqual(['2026-11-04', '2026-11-03', '2026-11-01']);
    expect(reasonOfDay(plan, '2026-11-01')).toEqual({ because: 'hold', by: 'cli:alice' });
  });

  it('keeps the newest proven backup even when it is beyond the newest', () => {
    const plan = planRetention([...on([1, 2], proven), ...on([3, 4, 5])], keepOnly(2), 'UTC');
    expect(kept(plan)).toEqual(['2026-11-05', '2026-11-04', '2026-11-02']);
    expect(reasonOfDay(plan, '2026-11-02')).toEqual({ because: 'newest-proven' });
  });

  it('takes a partial proof for none: the newest that is wholly proven stays', () => {
    const plan = planRetention([...on([1], proven), ...on([2], { proof: { verdict: 'partial' } }), ...on([3])], keepOnly(1), 'UTC');
    expect(kept(plan)).toEqual(['2026-11-03', '2026-11-01']);
  });
});

describe('by week, month and year', () => {
  it('keeps the newest of each of the last weeks that have one', () => {
    const plan = planRetention(on([2, 4, 9, 11, 16, 18]), { last: 1, weekly: 3, monthly: 0, yearly: 0 }, 'UTC');
    expect(kept(plan)).toEqual(['2026-11-18', '2026-11-11', '2026-11-04']);
    expect(reasonOfDay(plan, '2026-11-11')).toEqual({ because: 'week', period: '2026-11-09' });
  });

  it('counts weeks that have a backup: an outage of weeks retires nothing', () => {
    const plan = planRetention(on(['2026-06-01', '2026-06-08', 18]), { last: 1, weekly: 3, monthly: 0, yearly: 0 }, 'UTC');
    expect(retired(plan)).toEqual([]);
  });

  it('keeps the newest of each month and of each year', () => {
    const plan = planRetention(
      on(['2023-05-01', '2024-03-01', '2024-12-31', '2026-09-01', '2026-09-30', '2026-10-15', 20]),
      { last: 1, weekly: 0, monthly: 2, yearly: 2 },
      'UTC',
    );
    expect(kept(plan)).toEqual(['2026-11-20', '2026-10-15', '2024-12-31']);
    expect(reasonOfDay(plan, '2026-10-15')).toEqual({ because: 'month', period: '2026-10' });
    expect(reasonOfDay(plan, '2024-12-31')).toEqual({ because: 'year', period: '2024' });
  });

  it('does not cut the week in which a year turns', () => {
    const plan = planRetention(on(['2026-12-29', '2027-01-02', '2027-01-05']), { last: 1, weekly: 2, monthly: 0, yearly: 0 }, 'UTC');
    expect(kept(plan)).toEqual(['2027-01-05', '2027-01-02']);
  });

  it('reads a period in the configured zone', () => {
    const nearMidnight = [backupOf('2026-10-31T23:30:00Z'), backupOf('2026-10-15T12:00:00Z'), backupOf('2026-11-20T02:00:00Z')];
    const policy = { last: 1, weekly: 0, monthly: 2, yearly: 0 };
    expect(kept(planRetention(nearMidnight, policy, 'UTC'))).toEqual(['2026-11-20', '2026-10-31']);
    expect(kept(planRetention(nearMidnight, policy, 'Europe/Paris'))).toEqual(['2026-11-20', '2026-10-15']); // there it was 1 November
  });
});

it.each<[Reason, string]>([
  [{ because: 'newest', place: 2, of: 30 }, 'number 2 of the newest 30'],
  [{ because: 'hold', by: 'cli:alice' }, 'held by cli:alice'],
  [{ because: 'newest-proven' }, 'the newest proven one'],
  [{ because: 'week', period: '2026-11-16' }, 'the newest of the week of 2026-11-16'],
  [{ because: 'month', period: '2026-11' }, 'the newest of 2026-11'],
  [{ because: 'year', period: '2026' }, 'the newest of 2026'],
  [{ because: 'only-hope' }, 'refuted, but no newer backup is good'],
  [{ because: 'refuted' }, 'refuted, and a newer backup is good'],
  [{ because: 'beyond', of: 30 }, 'older than the newest 30'],
])('explains %j to people', (reason, sentence) => {
  expect(explain(reason)).toBe(sentence);
});

describe('a flawed backup', () => {
  const flawed = { proof: { verdict: 'flawed' } } as const;

  it('is kept like a good one as long as nothing else is there', () => {
    expect(kept(planRetention(on([1, 2, 3], flawed), keepOnly(2), 'UTC'))).toEqual(['2026-11-03', '2026-11-02']);
  });

  it('displaces none without a flaw', () => {
    const plan = planRetention([...on([1, 2, 3], proven), ...on([4, 5, 6], flawed)], keepOnly(2), 'UTC');
    expect(kept(plan)).toEqual(['2026-11-06', '2026-11-05', '2026-11-03', '2026-11-02']);
    expect(reasonOfDay(plan, '2026-11-02')).toEqual({ because: 'newest-sound', place: 2, of: 2 });
    expect(retired(plan)).toEqual(['2026-11-04', '2026-11-01']);
  });

  it('is displaced by newer ones, proven or not', () => {
    expect(kept(planRetention([...on([1, 2], flawed), ...on([3, 4], proven)], keepOnly(2), 'UTC'))).toEqual(['2026-11-04', '2026-11-03']);
  });

  it('represents a month only if none without a flaw can', () => {
    const records = [...on(['2026-10-30', '2026-09-30'], flawed), ...on(['2026-10-02'], proven), ...on([1])];
    const plan = planRetention(records, { ...keepOnly(1), monthly: 3 }, 'UTC');
    expect(reasonOfDay(plan, '2026-10-02')).toEqual({ because: 'newest-proven' });
    expect(kept(plan)).toEqual(['2026-11-01', '2026-10-02', '2026-09-30']);
  });
});

it('those of another database under the name count apart', () => {
  const plan = planRetention([...on([1, 2, 3]), ...on([4, 5, 6], { stranger: 'system identifier 2, database shop' })], keepOnly(2), 'UTC');
  expect(retired(plan)).toEqual(['2026-11-04', '2026-11-01']);
  expect(plan.map(({ backup }) => backup.slot.slice(0, 10))).toEqual(['2026-11-06', '2026-11-05', '2026-11-04', '2026-11-03', '2026-11-02', '2026-11-01']);
});

it('backups that a clock made which was four years ahead displace none, and are kept', () => {
  const now = new Date('2026-11-05T12:00:00Z');
  const plan = planRetention([...on(['2030-11-01', '2030-11-02'], proven), ...on([3, 4, 5], proven)], keepOnly(1), 'UTC', now);
  expect(kept(plan)).toEqual(['2030-11-02', '2030-11-01', '2026-11-05']);
  expect(reasonOfDay(plan, '2030-11-01')).toEqual({ because: 'of-future' });
});
