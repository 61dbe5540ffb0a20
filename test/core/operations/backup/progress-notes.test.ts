import { beforeEach, expect, it } from 'vitest';
import type { Run } from '../../../../core/catalogue/runs.ts';
import { ProgressNotes } from '../../../../core/operations/backup/progress-notes.ts';
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
  const notes = new ProgressNotes(platform, run.id, run.execution);
  const seen: unknown[] = [];
  for (let second = 1; second <= 12; second++) {
    platform.clock.set(at(second));
    notes.note({ step: second < 3 ? 'copy' : 'dump', bytes: second * 100, total: 5000 });
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

it('stops noting when that fails, says so once, and lets the dump go on', async () => {
  await using notes = new ProgressNotes(platform, run.id, 'another execution');
  for (const second of [6, 12, 18]) {
    platform.clock.set(at(second));
    notes.note({ step: 'dump', bytes: second });
    await new Promise(setImmediate);
  }
  await notes.dumped(20);
  expect(platform.log.lines.filter((line) => line.includes('its progress is not shown any more'))).toHaveLength(1);
  expect(await noted()).toBeUndefined();
});
