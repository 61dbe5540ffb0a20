import { expect, it } from 'vitest';
import { type Evidence, isServed, slotsOf } from '../../../core/time/slots.ts';
import { testConfig } from '../../support/config.ts';

const at = new Date('2026-11-22T02:00:00Z');
const databases = {
  main: { engine: 'sqlite', file: 'app.sqlite3' },
  other: { engine: 'sqlite', file: 'app.sqlite3', schedule: '30 23 * * 1' },
} as const;

it('names the slots of every database in the configured zone: those that should have run, and those to come', () => {
  const slots = slotsOf(testConfig({ databases, timeZone: 'Europe/Paris' }));
  const now = new Date('2026-11-22T17:00:00Z');
  expect(slots.due(now)).toEqual([
    { database: 'main', at: new Date('2026-11-22T01:00:00Z') },
    { database: 'other', at: new Date('2026-11-16T22:30:00Z') },
  ]);
  expect(slots.next(now)).toEqual([
    { database: 'main', at: new Date('2026-11-23T01:00:00Z') },
    { database: 'other', at: new Date('2026-11-23T22:30:00Z') },
  ]);
  expect(slots.due(new Date('2026-11-23T01:00:00Z'))[0]?.at).toEqual(new Date('2026-11-23T01:00:00Z'));
});

it.each<[what: string, evidence: Evidence, served: boolean]>([
  ['by nothing, when nothing is known', {}, false],
  ['by its run', { run: { status: 'succeeded' } }, true],
  ['not by a run that failed', { run: { status: 'failed' } }, false],
  ['not by a run that has not ended', { run: { status: 'running' } }, false],
  ['by a good backup of that instant', { lastGood: { startedAt: '2026-11-22T02:00:00.000Z' } }, true],
  ['by a good backup made since, by hand too', { lastGood: { startedAt: '2026-11-22T12:00:00.000Z' }, run: { status: 'failed' } }, true],
  ['not by data from before it', { lastGood: { startedAt: '2026-11-22T01:59:59.999Z' } }, false],
  ['by its run, whose backup has gone', { lastGood: { startedAt: '2026-11-21T02:00:00.000Z' }, run: { status: 'succeeded' } }, true],
])('a slot is served %s', (_, evidence, served) => {
  expect(isServed({ at }, evidence)).toBe(served);
});
