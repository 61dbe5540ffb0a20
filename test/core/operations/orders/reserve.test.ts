import { beforeEach, expect, it } from 'vitest';
import { ConfigurationError } from '../../../../core/errors.ts';
import { noteStanding } from '../../../../core/operations/keeping/standing.ts';
import { reserve } from '../../../../core/operations/orders/reserve.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { runOf } from '../../../support/records.ts';

const by = 'console:alice';
const first = { slot: '2026-11-22T17:00:00.000Z' };
let platform: TestPlatform;

beforeEach(async () => {
  platform = await testPlatform();
  platform.clock.set('2026-11-22T17:00:00.400Z');
});

const reserved = () => reserve(platform, { database: 'main', by });
const record = async (slot: string) => {
  const run = { ...runOf(slot), id: `main-${slot.replace(/[-:]|\.000/g, '').replace('T', '_')}_manual` };
  await platform.catalogue.runs.open(run, { leaseEnds: new Date('2026-11-23T17:00:00Z'), now: platform.clock.now(), again: false });
  return run;
};

it('gives everybody who asks at once the same slot', async () => {
  expect(await Promise.all([reserved(), reserved(), reserved()])).toEqual([first, first, first]);
});

it('gives the slot again until its run is recorded, whatever else is noted of the database', async () => {
  await reserved();
  platform.clock.set('2026-11-22T17:09:00Z');
  await noteStanding(platform, 'main');
  expect(await reserved()).toEqual(first);
  const run = await record(first.slot);
  expect(await reserved()).toEqual({ underWay: run.id });
  await platform.catalogue.runs.end(run, { status: 'succeeded' }, platform.clock.now());
  expect(await reserved()).toEqual({ slot: '2026-11-22T17:09:00.000Z' });
});

it('gives another once nobody can be waiting for the first any more', async () => {
  await reserved();
  platform.clock.set('2026-11-22T17:10:01Z');
  expect(await reserved()).toEqual({ slot: '2026-11-22T17:10:01.000Z' });
});

it('gives the next free second after a run of this one, and names a scheduled run that is under way', async () => {
  await platform.catalogue.runs.end(await record(first.slot), { status: 'succeeded' }, platform.clock.now());
  expect(await reserved()).toEqual({ slot: '2026-11-22T17:00:01.000Z' });
  const scheduled = runOf('2026-11-22T02:00:00Z');
  await platform.catalogue.runs.open(scheduled, { leaseEnds: new Date('2026-11-23T17:00:00Z'), now: platform.clock.now(), again: false });
  expect(await reserved()).toEqual({ underWay: scheduled.id });
});

it('of a database that is not configured reserves nothing', async () => {
  await expect(reserve(platform, { database: 'other', by })).rejects.toBeInstanceOf(ConfigurationError);
  expect(await platform.catalogue.standings.get('other')).toBeUndefined();
});
