import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reasonOf } from '../../core/errors.ts';
import { runBackup, type Steps, stepsOf } from '../../local/workflow.ts';
import { failingCalls } from '../support/failing-calls.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';

const never = new AbortController().signal;

/** The real steps, and the names of the errors that they end with. */
function heard(platform: TestPlatform): { steps: Steps; errors: string[] } {
  const errors: string[] = [];
  const steps = Object.entries(stepsOf(platform)).map(([name, step]): [string, Steps['dump']] => [
    name,
    async (input, signal) => {
      try {
        return await step(input, signal);
      } catch (error) {
        errors.push(reasonOf(error).name);
        throw error;
      }
    },
  ]);
  return { steps: Object.fromEntries(steps) as Steps, errors };
}

/** Number of times that a step is repeated: as many calls fail in a run. */
const retries = 3;

it('each call of a backup that fails costs at most one try, is an error of ours, and leaves nothing half-written', { timeout: 120_000 }, async () => {
  const platform = await testPlatform({ rows: 5, config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 2 } } } });
  const calls = await failingCalls(platform.folder);
  const unfinished = join(platform.folder, 'vault/.unfinished');
  let hour = 0;
  const backup = (steps?: Steps) => runBackup(platform, request(new Date(Date.UTC(2026, 9, 1, hour++)).toISOString()), never, steps);
  await backup();
  calls.arm();
  await backup();
  const all = [...calls.made];
  const ends: Record<string, unknown> = {};
  for (let at = 0; at < all.length; at += retries) {
    const some = all.slice(at, at + retries);
    const { steps, errors } = heard(platform);
    calls.arm(some.map((call, index) => [call, index % 2 === 0 ? 'EIO' : 'ENFILE']));
    const { status } = await backup(steps);
    calls.arm();
    const left = [unfinished, platform.scratch].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    // what cannot be removed stays until the process ends
    ends[some.join()] = { status, strange: errors.filter((name) => name !== 'StorageRefusedError'), left: some.join().includes('rm /') ? [] : left };
    for (const path of left) rmSync(path, { recursive: true });
  }
  expect(all.length).toBeGreaterThan(30);
  for (const [some, end] of Object.entries(ends)) expect(end, some).toEqual({ status: 'SUCCEEDED', strange: [], left: [] });
});
