import { describe, expect, it } from 'vitest';
import { ending, opening, type Run, workedOn } from '../../../core/catalogue/runs.ts';
import { DatabaseBusyError, InterruptedError } from '../../../core/errors.ts';

const now = new Date('2026-11-22T05:00:10.000Z');
const options = { now, leaseEnds: new Date('2026-11-22T06:00:00.000Z'), again: false };
const mine: Run = {
  id: 'main-20261122_050000Z',
  database: 'main',
  slot: '2026-11-22T05:00:00.000Z',
  kind: 'scheduled',
  requestedBy: 'test',
  execution: 'mine',
  status: 'running',
  startedAt: now.toISOString(),
  attempts: 0,
};
const error = { name: 'SourceMissingError', message: 'there is no file' };
const failed: Run = { ...mine, status: 'failed', attempts: 2, error, endedAt: now.toISOString() };
const lease = { run: mine.id, ends: '2026-11-22T06:00:00.000Z' };
const others = (ends: string) => ({ run: 'main-20261121_050000Z', ends });

describe('a run opens', () => {
  it.each([
    ['in a slot that nobody has touched', undefined, undefined, {}, 0],
    ['when the lease of another ends at this instant', undefined, others(now.toISOString()), {}, 0],
    ['again after it failed, its attempts kept, its end forgotten', failed, undefined, { again: true }, 2],
    ['again while the lease is still its own', failed, lease, { again: true }, 2],
  ])('%s, and takes the lease', (_, there, held, special, attempts) => {
    expect(opening(mine, there, held, { ...options, ...special })).toEqual({ answer: { opened: true, run: { ...mine, attempts } }, lease });
  });

  it('to the execution that has it already, and nothing is stored', () => {
    const there = { ...mine, attempts: 1 };
    expect(opening(mine, there, others('2026-11-23T00:00:00.000Z'), options)).toEqual({ answer: { opened: true, run: there } });
  });

  it.each<[string, Run, object]>([
    ['another execution is running it', { ...mine, execution: 'another' }, { again: true }],
    ['it has succeeded', { ...mine, status: 'succeeded' }, { again: true }],
    ['it has failed and is not asked for again', failed, {}],
  ])('not, and nothing is stored, when %s', (_, there, special) => {
    expect(opening(mine, there, undefined, { ...options, ...special })).toEqual({ answer: { opened: false, run: there } });
  });

  it('not while the lease of another lasts', () => {
    expect(() => opening(mine, undefined, others('2026-11-22T05:00:10.001Z'), options)).toThrowError(DatabaseBusyError);
  });
});

describe('a run belongs to an execution', () => {
  it('that opened it', () => {
    expect(workedOn(mine.id, mine, 'mine')).toBe(mine);
  });

  it.each([
    ['nobody opened it', undefined, 'mine'],
    ['it has ended', failed, 'mine'],
    ['another has taken it over', mine, 'another'],
  ])('no more when %s', (_, there, execution) => {
    expect(() => workedOn(mine.id, there, execution)).toThrowError(InterruptedError);
  });
});

describe('a run ends', () => {
  it.each([
    ['that counted attempts', { ...mine, attempts: 1 }, 1],
    ['that was never opened', undefined, 0],
  ])('%s', (_, there, attempts) => {
    expect(ending(mine, there, { status: 'failed', error }, now)).toEqual({ ...mine, status: 'failed', error, attempts, endedAt: now.toISOString() });
  });

  it.each([
    ['it has ended before', failed],
    ['another execution has taken it over', { ...mine, execution: 'another' }],
  ])('not when %s', (_, there) => {
    expect(ending(mine, there, { status: 'succeeded' }, now)).toBeUndefined();
  });
});
