import { describe, expect, it } from 'vitest';
import type { Backup } from '../../../../core/catalogue/backups.ts';
import { type WatchedKind, watchedKinds } from '../../../../core/catalogue/incidents.ts';
import type { DatabaseFacts, DeploymentFacts, RowsOf } from '../../../../core/policy/watch/facts.ts';
import type { Judgement } from '../../../../core/policy/watch/judgement.ts';
import { databaseRules, deploymentRules } from '../../../../core/policy/watch/rules.ts';
import { backupOf, incidentOf } from '../../../support/records.ts';
import { standingFrom } from '../../../support/standing.ts';

const now = new Date('2026-11-22T05:00:00Z');

function factsOf(changes: Partial<DatabaseFacts> = {}): DatabaseFacts {
  return {
    now,
    timeZone: 'UTC',
    config: { proof: 'every', minimumSize: undefined },
    standing: standingFrom('main', [], undefined, []),
    slot: {
      at: new Date('2026-11-22T02:00:00Z'),
      served: true,
      run: { status: 'succeeded', requestedBy: 'scheduler' },
      started: false,
      isFirst: false,
      skipped: false,
    },
    good: [],
    tables: undefined,
    altered: undefined,
    product: undefined,
    limits: {},
    ...changes,
  };
}

function deploymentOf(changes: Partial<DeploymentFacts> = {}): DeploymentFacts {
  return { now, standings: [], incidents: [], budget: undefined, free: undefined, expiries: [], unconfirmed: [], ...changes };
}

function judged(kind: WatchedKind, changes: Partial<DatabaseFacts>): Judgement {
  return databaseRules.find((rule) => rule.kind === kind)?.judge(factsOf(changes));
}

function judgedTogether(kind: WatchedKind, changes: Partial<DeploymentFacts>): Judgement {
  return deploymentRules.find((rule) => rule.kind === kind)?.judge(deploymentOf(changes));
}

/** Good backups of one day each, newest first: the first of these is of 22 November. */
function backups(changes: Partial<Backup>[]): Backup[] {
  return changes.map((change, days) => backupOf(new Date(Date.parse('2026-11-22T02:00:00Z') - days * 86_400_000).toISOString(), change));
}
const ofSizes = (...megabytes: number[]) => backups(megabytes.map((size) => ({ bytes: size * 1e6 })));
const ofVerdicts = (...verdicts: Backup['proof']['verdict'][]) => backups(verdicts.map((verdict) => ({ proof: { verdict } })));

it('there is one rule for each kind that watch finds', () => {
  expect([...databaseRules, ...deploymentRules].map(({ kind }) => kind).sort()).toEqual([...watchedKinds].sort());
});

it('a database without any history breaks no rule, nor does a deployment without any', () => {
  for (const { judge, kind } of databaseRules) expect([kind, judge(factsOf()) || false]).toEqual([kind, false]);
  for (const { judge, kind } of deploymentRules) expect([kind, judge(deploymentOf())]).toEqual([kind, false]);
});

describe('a slot', () => {
  const slot = { at: new Date('2026-11-22T02:00:00Z'), served: false, run: undefined, started: false, isFirst: false, skipped: false };

  it.each([
    ['that watch has started is missed', { started: true }, now, { slot: '2026-11-22T02:00:00.000Z' }],
    ['whose run watch started before is missed still', { served: true, run: { status: 'succeeded', requestedBy: 'watch' } }, now, { slot: expect.anything() }],
    ['that nothing has run for six hours is missed', {}, new Date('2026-11-22T08:00:01Z'), { slot: expect.anything() }],
    ['that waits for its turn is not known yet', {}, new Date('2026-11-22T08:00:00Z'), undefined],
    ['of the last hour is not known yet', {}, new Date('2026-11-22T03:00:00Z'), undefined],
    ['that was served is not', { served: true }, now, false],
    ['whose run failed is not missed: that is another incident', { run: { status: 'failed', requestedBy: 'scheduler' } }, now, false],
    ['that a new database never had is not', { isFirst: true, started: true }, new Date('2026-11-22T08:00:01Z'), false],
    ['that is the first of a new database is not', { served: true, run: { status: 'succeeded', requestedBy: 'watch: first backup' } }, now, false],
    ['that the change to summer time skips is not, though watch starts it', { started: true, skipped: true }, now, false],
  ] as const)('%s', (_, change, at, expected) => expect(judged('slot-missed', { now: at, slot: { ...slot, ...change } })).toEqual(expected));
});

describe('failures', () => {
  const failing = (since: string, at: string) => {
    const failed = incidentOf(since, { count: 4 });
    return { standing: standingFrom('main', [], undefined, [{ ...failed, last: { ...failed.last, at } }]) };
  };

  it('on two local days without a success in between are told once more', () => {
    expect(judged('backup-failing', failing('2026-11-21T02:00:00Z', '2026-11-22T02:00:00.000Z'))).toMatchObject({ count: 4 });
  });

  it('of one day are not, where the zone has it as one', () => {
    const overMidnight = failing('2026-11-21T23:30:00Z', '2026-11-22T00:30:00.000Z');
    expect(judged('backup-failing', { ...overMidnight, timeZone: 'America/Cayenne' })).toBe(false);
    expect(judged('backup-failing', overMidnight)).not.toBe(false);
  });
});

describe('a dump', () => {
  it.each([
    ['half of the median', ofSizes(49, 100, 101, 99), { because: 'smaller', bound: 100e6 }],
    ['three times the median', ofSizes(310, 100, 101, 99), { because: 'larger', bound: 100e6 }],
    ['under 1 MB, where the one before was above it', ofSizes(0.9, 1.1), { because: 'minimum', bound: 1e6 }],
    ['without a row, if it is the first', backups([{ bytes: 900, rows: 0 }]), { because: 'empty' }],
  ])('is unusual at %s', (_, good, expected) => expect(judged('dump-unusual', { good })).toMatchObject({ ...expected, backup: 'main-20261122_020000Z' }));

  it.each([
    ['somewhat less than usual', ofSizes(60, 100, 101, 99)],
    ['as small as the one before it already was', ofSizes(49, 48, 101, 99, 100)],
    ['half of the median of four before it', ofSizes(51, 104, 90, 200, 100)],
    ['small from the beginning', ofSizes(0.2, 0.2, 0.2)],
    ['small, the first one and with rows', ofSizes(0.2)],
    ['other than two before it, which are no median yet', ofSizes(20, 100, 101)],
  ])('is not unusual: %s', (_, good) => expect(judged('dump-unusual', { good })).toBe(false));

  it('under a minimum that somebody wrote is unusual however often it comes, and above it never for 1 MB', () => {
    const config = { proof: 'every', minimumSize: 10e6 } as const;
    expect(judged('dump-unusual', { config, good: ofSizes(9, 9, 9, 9) })).toMatchObject({ because: 'minimum', bound: 10e6 });
    expect(judged('dump-unusual', { config: { ...config, minimumSize: 1000 }, good: ofSizes(0.9, 1.1) })).toBe(false);
  });
});

describe('tables', () => {
  const rows = (counts: Record<string, number>): RowsOf => new Map(Object.entries(counts));
  const compared = (newest: RowsOf, ...before: RowsOf[]) => judged('rows-lost', { tables: { backup: 'main-20261122_020000Z', newest, before } });
  const usual = rows({ member: 1000, event: 50, session: 300 });

  it.each([
    ['a table that is gone', rows({ event: 50, session: 300 }), { tables: 'member', count: 1 }],
    ['a table without rows', rows({ member: 0, event: 50, session: 300 }), { tables: 'member' }],
    ['less than half of the rows', rows({ member: 499, event: 50, session: 300 }), { tables: 'member' }],
  ])('%s is lost', (_, newest, expected) => expect(compared(newest, usual, usual)).toMatchObject(expected));

  it.each([
    ['half of the rows', rows({ member: 500, event: 50, session: 300 }), [usual]],
    ['a small table that was emptied', rows({ member: 1000, event: 0, session: 300 }), [usual]],
    ['a table that is emptied now and then', rows({ member: 1000, event: 50, session: 2 }), [usual, rows({ member: 1000, event: 50, session: 1 })]],
    ['a table that comes and goes', rows({ member: 1000, event: 50 }), [usual, rows({ member: 1000, event: 50 })]],
    ['a table that is new', rows({ member: 1000, event: 50, session: 300, added: 5 }), [usual]],
    ['a first backup', usual, []],
  ])('%s is not', (_, newest, before) => expect(compared(newest, ...before)).toBe(false));

  it('names five of many', () => {
    const many = rows(Object.fromEntries(Array.from({ length: 9 }, (_, place) => [`table_${place}`, 500])));
    expect(compared(rows({}), many)).toMatchObject({ count: 9, more: 4, tables: 'table_0, table_1, table_2, table_3, table_4' });
  });

  it('that cannot be read say nothing', () => expect(judged('rows-lost', { tables: undefined })).toBeUndefined());
});

describe('a proof', () => {
  const standing = (lastProven?: string) => ({ ...standingFrom('main', [], undefined, []), ...(lastProven !== undefined && { lastProven }) });

  it.each([
    ['every', ofVerdicts('none', 'none', 'none', 'none'), '2026-11-18T02:00:00.000Z', { since: '2026-11-19T02:00:00.000Z' }],
    ['every', ofVerdicts('none', 'none'), '2026-11-20T02:00:00.000Z', false],
    ['every', ofVerdicts('proven', 'none'), '2026-11-22T02:00:00.000Z', false],
    ['every', ofVerdicts('none', 'none', 'none', 'none'), '2026-11-21T02:00:00.000Z', false], // one of them was proven later, by hand
    ['daily', ofVerdicts('none', 'none', 'none', 'none'), undefined, { since: '2026-11-19T02:00:00.000Z' }],
    ['weekly', ofVerdicts('none', 'none', 'none', 'none', 'none', 'none', 'none', 'proven'), '2026-11-15T02:00:00.000Z', false],
    ['weekly', ofVerdicts('none'), '2026-11-01T02:00:00.000Z', false],
    ['every', ofVerdicts('flawed', 'flawed', 'none', 'none', 'none'), undefined, false],
    ['off', ofVerdicts('none', 'none', 'none', 'none'), undefined, false],
  ] as const)('with the policy "%s" is overdue, or is not', (proof, good, lastProven, expected) => {
    const result = judged('proof-overdue', { config: { proof, minimumSize: undefined }, good: [...good], standing: standing(lastProven) });
    if (expected) expect(result).toMatchObject(expected);
    else expect(result).toBe(false);
  });

  it('of every week is overdue after nine days', () => {
    const good = [backupOf('2026-11-22T02:00:00Z', { proof: { verdict: 'none' } }), backupOf('2026-11-12T02:00:00Z', { proof: { verdict: 'none' } })];
    expect(judged('proof-overdue', { config: { proof: 'weekly', minimumSize: undefined }, good, standing: standing() })).toMatchObject({
      since: '2026-11-12T02:00:00.000Z',
    });
  });

  it.each([
    [['partial', 'proven'], true],
    [['partial', 'none', 'proven'], true],
    [['none', 'partial', 'proven'], true],
    [['partial', 'partial', 'proven'], false],
    [['partial'], false],
    [['proven', 'partial'], false],
  ] as const)('%j that is partial where it used to be complete: %s', (verdicts, isTold) => {
    expect(judged('proof-partial', { good: ofVerdicts(...verdicts) }) !== false).toBe(isTold);
  });
});

describe('a server', () => {
  it.each([
    ['19.1', '18', true],
    ['18.4', '18', false],
    ['11.8.9-MariaDB', '11.8', false],
    ['11.10.1-MariaDB', '11.8', true],
    ['12.0', '11.8', true],
    ['10.11.14-MariaDB', '11.8', false],
    ['15.13 (Debian 15.13-0+deb12u1)', '18', false],
    ['9.10.0', '9.7', true],
  ])('of version %s is newer than programs for %s: %s', (version, programs, isNewer) => {
    expect(judged('tools-outdated', { product: { name: 'server', version, programs } }) !== false).toBe(isNewer);
  });
});

describe('limits', () => {
  const [newest] = backups([{ seconds: 20_000, bytes: 8e9, proof: { verdict: 'proven', seconds: 640 } }]);
  const good = newest ? [newest] : [];

  it.each([
    ['the time of a dump', { dumpSeconds: 28_200 }, { what: 'dump', is: 20_000 }],
    ['the time of a proof', { proofSeconds: 900 }, { what: 'proof', is: 640 }],
    ['a disk', { scratchBytes: 10e9 }, { what: 'disk', is: 8e9 }],
  ])('%s is near', (_, limits, expected) => expect(judged('limit-near', { good, limits })).toMatchObject(expected));

  it('are far', () => {
    expect(judged('limit-near', { good, limits: { dumpSeconds: 30_000, proofSeconds: 1000, scratchBytes: 20e9 } })).toBe(false);
    expect(judged('limit-near', { good, limits: {} })).toBe(false);
  });
});

it('an address that waits for its confirmation is told, and nothing where nobody can say so', () => {
  expect(judgedTogether('channel-unconfirmed', { unconfirmed: ['a@example.org', 'b@example.org'] })).toEqual({ addresses: 'a@example.org, b@example.org' });
  expect(judgedTogether('channel-unconfirmed', { unconfirmed: [] })).toBe(false);
  expect(judgedTogether('channel-unconfirmed', { unconfirmed: undefined })).toBeUndefined();
});

describe('records that contradict the vault', () => {
  const alteration = { backup: 'main-20261122_020000Z', field: 'size', record: '7', truth: '53', source: 'manifest' } as const;

  it('are told with the first field, and the number of the others', () => {
    expect(judged('record-altered', { altered: [alteration, { ...alteration, field: 'rows' }] })).toEqual({
      ...alteration,
      more: 1,
      backups: alteration.backup,
    });
    expect(judged('record-altered', { altered: [] })).toBe(false);
    expect(judged('record-altered', { altered: undefined })).toBeUndefined();
  });
});

describe('retired backups', () => {
  const standing = (count: number, at: string) => ({ standing: { ...standingFrom('main', [], undefined, []), lastRetirement: { count, at } } });

  it.each([
    [6, '2026-11-22T02:00:00.000Z', true],
    [5, '2026-11-22T02:00:00.000Z', false],
    [30, '2026-11-21T04:59:59.000Z', false],
  ])('%i at once at %s are many: %s', (count, at, isTold) => expect(judged('backups-retired', standing(count, at)) !== false).toBe(isTold));

  it('are counted from the records, within the hour of the last', () => {
    const retired = (at: string) => ({ status: 'retired', retiredAt: at }) as const;
    const records = backups([retired('2026-11-22T02:00:10.000Z'), retired('2026-11-22T01:30:00.000Z'), retired('2026-11-21T02:00:00.000Z'), {}]);
    expect(standingFrom('main', records, undefined, []).lastRetirement).toEqual({ at: '2026-11-22T02:00:10.000Z', count: 2 });
    expect(standingFrom('main', backups([{}]), undefined, []).lastRetirement).toBeUndefined();
  });
});

describe('room', () => {
  const standings = [
    { ...standingFrom('main', backups([{ size: 600e6 }, { size: 500e6 }]), undefined, []) },
    { ...standingFrom('shop', backups([{ size: 100e6, database: 'shop' }]), undefined, []) },
  ];

  it.each([
    [1_199_999_999, true],
    [1_200_000_000, false],
    [undefined, false],
  ])('a budget of %s is exceeded: %s', (budget, isTold) => expect(judgedTogether('budget-exceeded', { budget, standings }) !== false).toBe(isTold));

  it.each([
    [2_099_999_999, true],
    [2_100_000_000, false],
    [undefined, false],
  ])('a disk with %s free bytes is low: %s', (free, isTold) => expect(judgedTogether('disk-low', { free, standings }) !== false).toBe(isTold));

  it('a disk is low below 500 MB, however small the backups are', () => {
    expect(judgedTogether('disk-low', { free: 499e6 })).not.toBe(false);
    expect(judgedTogether('disk-low', { free: 500e6 })).toBe(false);
  });
});

describe('alerts', () => {
  it.each([
    ['due', '2026-11-22T03:59:59Z', true],
    ['sending', '2026-11-22T03:00:00Z', true],
    ['due', '2026-11-22T04:30:00Z', false],
    ['sent', '2026-11-20T03:00:00Z', false],
  ] as const)('one that is %s since %s was not delivered: %s', (state, at, isTold) => {
    const waiting = incidentOf(at, { alert: { state, at: now.toISOString() } });
    expect(judgedTogether('alert-undelivered', { incidents: [waiting] }) !== false).toBe(isTold);
  });

  it('one about undelivered alerts does not keep itself open', () => {
    const own = incidentOf('2026-11-20T03:00:00Z', { kind: 'alert-undelivered', alert: { state: 'due', at: now.toISOString() } });
    expect(judgedTogether('alert-undelivered', { incidents: [own] })).toBe(false);
  });
});

it.each([
  ['2026-12-22T04:59:59Z', true],
  ['2026-12-22T05:00:00Z', false],
  ['2026-11-01T00:00:00Z', true],
])('a certificate that ends at %s ends soon: %s', (at, isTold) => {
  const expiries = [
    { name: 'other', at: new Date('2030-01-01T00:00:00Z') },
    { name: '/etc/ca.pem', at: new Date(at) },
  ];
  const result = judgedTogether('expiry-near', { expiries });
  if (isTold) expect(result).toMatchObject({ name: '/etc/ca.pem' });
  else expect(result).toBe(false);
});

it.each([
  ['password', '2026-12-22T04:59:59Z', true],
  ['password', '2026-12-22T05:00:00Z', false],
  ['server', '2026-12-06T04:59:59Z', true],
  ['server', '2026-12-06T05:00:00Z', false],
] as const)('a %s that ends at %s ends soon: %s', (of, at, isTold) => {
  const result = judgedTogether('expiry-near', { expiries: [{ name: 'main', of, at: new Date(at) }] });
  if (isTold) expect(result).toEqual({ name: 'main', at: new Date(at).toISOString(), [of]: 1 });
  else expect(result).toBe(false);
});

it('of several ends the first is told', () => {
  const expiries = ['2026-12-20', '2026-12-01', '2026-12-10'].map((day) => ({ name: day, at: new Date(`${day}T00:00:00Z`) }));
  expect(judgedTogether('expiry-near', { expiries })).toMatchObject({ name: '2026-12-01' });
});
