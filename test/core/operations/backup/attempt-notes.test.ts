import { beforeEach, expect, it } from 'vitest';
import type { Run } from '../../../../core/catalogue/runs.ts';
import { SourceLockedError } from '../../../../core/errors.ts';
import { AttemptNotes } from '../../../../core/operations/backup/attempt-notes.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { runOf } from '../../../support/records.ts';

const run: Run = runOf('2026-11-22T17:00:00Z');
let platform: TestPlatform;

beforeEach(async () => {
  platform = await testPlatform();
  platform.clock.set('2026-11-22T17:00:00Z');
  await platform.catalogue.runs.open(run, { leaseEnds: new Date('2026-11-23T17:00:00Z'), now: platform.clock.now(), again: false });
});

const at = (second: number) => `2026-11-22T17:00:${String(second).padStart(2, '0')}.000Z`;
const noted = async () => (await platform.catalogue.runs.get(run.id))?.progress;

it('notes the newest progress every five seconds, and at the end that the dump is stored', async () => {
  const { notes } = await AttemptNotes.begin(platform, run.id, run.execution);
  const seen: unknown[] = [];
  for (let second = 1; second <= 12; second++) {
    platform.clock.set(at(second));
    notes.progress({ step: second < 3 ? 'copy' : 'dump', bytes: second * 100, total: 5000 });
    await Promise.resolve(); // a note takes no longer here
    const progress = await noted();
    if (progress && !seen.some((each) => JSON.stringify(each) === JSON.stringify(progress))) seen.push(progress);
  }
  const dumping = { step: 'dump', total: 5000, begunAt: at(3) };
  expect(seen).toEqual([
    { ...dumping, bytes: 500, at: at(5) },
    { ...dumping, bytes: 1000, at: at(10) },
  ]);
  await notes.dumped(1234);
  expect(await noted()).toEqual({ step: 'dumped', bytes: 1234, begunAt: at(12), at: at(12) });
});

it('remembers when each attempt began, how long it took and why it failed, and the next one forgets its progress', async () => {
  const attempt = () => AttemptNotes.begin(platform, run.id, run.execution);
  const first = await attempt();
  platform.clock.set(at(6));
  first.notes.progress({ step: 'dump', bytes: 1 });
  await first.notes.failed(new SourceLockedError('somebody writes'));
  expect(await noted()).toBeUndefined();
  const second = await attempt();
  await second.notes.dumped(3);
  expect([first.attempt, second.attempt]).toEqual([1, 2]);
  expect((await platform.catalogue.runs.get(run.id))?.dumps).toEqual([
    { startedAt: at(0), seconds: expect.any(Number), error: { name: 'SourceLockedError', message: 'somebody writes' } },
    { startedAt: at(6), seconds: expect.any(Number) },
  ]);
  for (let more = 0; more < 10; more++) await attempt();
  expect(await platform.catalogue.runs.get(run.id)).toMatchObject({ attempts: 12, dumps: Array.from({ length: 10 }, () => ({ startedAt: at(6) })) });
});

it('stops noting when that fails, says so once, and lets the dump go on', async () => {
  const { notes } = await AttemptNotes.begin(platform, run.id, run.execution);
  await platform.catalogue.runs.end(run, { status: 'failed', error: { name: 'InterruptedError', message: 'settled meanwhile' } }, platform.clock.now());
  for (const second of [6, 12, 18]) {
    platform.clock.set(at(second));
    notes.progress({ step: 'dump', bytes: second });
    await new Promise(setImmediate);
  }
  await notes.dumped(20);
  expect(platform.log.lines.filter((line) => line.includes('nothing more is noted of this attempt'))).toHaveLength(1);
  expect(await noted()).toBeUndefined();
});
