import { beforeEach, describe, expect, it } from 'vitest';
import type { Ordered } from '../../../../core/catalogue/backups.ts';
import { askToRestore } from '../../../../core/operations/orders/ask-to-restore.ts';
import { askToVerify } from '../../../../core/operations/orders/ask-to-verify.ts';
import { liveOfOrders } from '../../../../core/operations/orders/live.ts';
import { endRestore } from '../../../../core/operations/orders/restore-by-workflow.ts';
import { restorerFor } from '../../../../core/operations/orders/restorer-for.ts';
import { noteEnd } from '../../../../core/operations/orders/taken-down.ts';
import { awsLimits } from '../../../../core/policy/aws-limits.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { runOf } from '../../../support/records.ts';
import { putStored } from '../../../support/stored-backup.ts';

const id = 'main-20261122_020000Z';
const alice = { backup: 'main', by: 'cli:alice', claimed: true };
const spare = { to: 'spare', confirmed: 'main' };
let platform: TestPlatform;

beforeEach(async () => {
  const target = { engine: 'sqlite', file: 'spare.sqlite3' } as const;
  platform = await testPlatform({ config: { targets: { spare: target, other: target } } });
  await putStored(platform, '2026-11-22T02:00:00Z');
});

describe('an order on a backup', () => {
  it('is one for all who ask while it lasts, and another after its end, even within the same second', async () => {
    const [first, second] = await Promise.all([askToVerify(platform, alice), askToVerify(platform, { ...alice, by: 'cli:bob' })]);
    expect(second).toEqual(first);
    await noteEnd(platform, { ...first, note: 'verifying' });
    const next = await askToVerify(platform, alice);
    expect(Date.parse(next.at) - Date.parse(first.at)).toBe(1000);
    await noteEnd(platform, { ...first, note: 'verifying', error: { name: 'OutOfTimeError', message: 'of another order' } });
    expect((await platform.catalogue.backups.get(id))?.verifying).toMatchObject({ startedAt: next.at });
    expect((await platform.catalogue.backups.get(id))?.verifying).not.toHaveProperty('endedAt');
  });

  it('whose end nobody has noted stands in nobody’s way after 25 hours', async () => {
    const first = await askToVerify(platform, alice);
    platform.clock.set('2026-11-23T17:00:00Z');
    expect(await askToVerify(platform, alice)).toEqual(first);
    platform.clock.set('2026-11-23T19:00:00Z');
    expect(await askToVerify(platform, alice)).not.toEqual(first);
  });

  it('for a restore beside a proof is another one; into another target it waits', async () => {
    await askToVerify(platform, alice);
    const order = await askToRestore(platform, { ...alice, ...spare });
    expect(await askToRestore(platform, { ...alice, ...spare })).toEqual(order);
    await expect(askToRestore(platform, { ...alice, ...spare, to: 'other' })).rejects.toMatchObject({
      name: 'RefusedError',
      message: expect.stringContaining('is being restored into spare'),
    });
  });

  it('that has ended ends once: a late report of its failure changes nothing', async () => {
    const { at } = await askToRestore(platform, { ...alice, ...spare });
    const restored = { tables: 1, rows: 100, into: 'spare.sqlite3', notes: [] };
    const request = { ...alice, ...spare, backup: id, at, order: 'restore', options: {} } as const;
    expect(await endRestore(platform, { ...request, restored, failure: null })).toEqual({ recorded: true });
    expect(await endRestore(platform, { ...request, restored: null, failure: { Error: 'OutOfTimeError', Cause: '' } })).toEqual({ recorded: false });
    expect((await platform.catalogue.backups.get(id))?.restoring).toMatchObject({ restored, to: 'spare', by: 'cli:alice' });
    expect((await platform.catalogue.audit.list({ subject: id })).items).toMatchObject([{ action: 'restored', detail: 'spare: spare.sqlite3' }]);
  });
});

describe('a restore in a stack', () => {
  const { functionProofBytes, functionSeconds } = awsLimits;
  const proof = { verdict: 'proven' } as const;

  it.each<[string, object, 'function' | 'build']>([
    ['a small backup of an engine that undoes', {}, 'function'],
    ['one of an engine that cannot undo what was cut off', { engine: 'mysql' }, 'build'],
    ['one whose dump took long', { seconds: functionSeconds / 10 + 1 }, 'build'],
    ['one whose proof took long', { proof: { ...proof, seconds: functionSeconds / 3 + 1 } }, 'build'],
    ['one whose proof was quick', { proof: { ...proof, seconds: functionSeconds / 3 } }, 'function'],
    ['one that is large', { bytes: functionProofBytes + 1 }, 'build'],
  ])('begins where it will surely have time: %s', async (_, change, expected) => {
    const found = await platform.catalogue.backups.get(id);
    if (!found) throw new Error('there is no backup');
    expect(await restorerFor(platform, { ...found, seconds: 1, ...change })).toBe(expected);
  });

  it.each([
    ['was dumped', { dumped: { failure: { Error: 'OutOfTimeError', Cause: '' } } }],
    ['was proven', { provenOnBuild: true }],
  ])('begins on a build if it %s there', async (_, change) => {
    const found = await platform.catalogue.backups.get(id);
    if (!found) throw new Error('there is no backup');
    const run = { ...runOf(found.slot), ...change };
    await platform.catalogue.runs.open(run, { leaseEnds: new Date('2026-11-22T12:00:00Z'), now: new Date('2026-11-22T02:00:00Z'), again: false });
    expect(await restorerFor(platform, found)).toBe('build');
  });
});

it('what is shown of orders is the one that lasts, then the newest that has failed within a day', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const at = (hours: number, more: Partial<Ordered> = {}): Ordered => ({
    by: 'cli:alice',
    startedAt: new Date(now.getTime() - hours * 3_600_000).toISOString(),
    ...more,
  });
  const error = { name: 'OutOfTimeError', message: 'late' } as const;
  const failed = (hours: number) => at(hours, { endedAt: at(hours).startedAt, error });
  expect(liveOfOrders({}, now)).toBeUndefined();
  expect(liveOfOrders({ verifying: at(1, { endedAt: now.toISOString() }) }, now)).toBeUndefined();
  expect(liveOfOrders({ verifying: at(1) }, now)).toEqual({ order: 'verify', step: 'prove', bytes: 0, seconds: 3600 });
  expect(liveOfOrders({ verifying: failed(1), restoring: { ...at(2), to: 'spare' } }, now)).toMatchObject({ order: 'restore', step: 'restore' });
  expect(liveOfOrders({ verifying: failed(2), restoring: { ...failed(1), to: 'spare' } }, now)).toMatchObject({ order: 'restore', failed: error });
  expect(liveOfOrders({ verifying: failed(25) }, now)).toBeUndefined();
  expect(liveOfOrders({ verifying: at(26) }, now)).toBeUndefined();
});
