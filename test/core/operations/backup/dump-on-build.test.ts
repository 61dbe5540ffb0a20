import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatabaseBusyError, InterruptedError, OutOfTimeError } from '../../../../core/errors.ts';
import { buildOutcome } from '../../../../core/operations/backup/build-outcome.ts';
import { dumpOnBuild } from '../../../../core/operations/backup/dump-on-build.ts';
import { open } from '../../../../core/operations/backup/open.ts';
import { noteStanding } from '../../../../core/operations/keeping/standing.ts';
import { runBackup, stepsOf } from '../../../../local/workflow.ts';
import { TestClock, WatchedClock } from '../../../support/clock.ts';
import { mailsOf } from '../../../support/mail.ts';
import { never } from '../../../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';

const slot = '2026-11-22T02:00:00Z';
const run = 'main-20261122_020000Z';
const execution = 'execution-1';

async function opened(clock = new TestClock()): Promise<TestPlatform> {
  const platform = await testPlatform({ clock });
  await open(platform, { ...request(slot), execution });
  return platform;
}

describe('a dump apart', () => {
  it('notes what it stored, which is read by the same execution', async () => {
    const platform = await opened();
    const outcome = await dumpOnBuild(platform, { run, execution }, never);
    expect(outcome).toMatchObject({ dump: { engine: 'sqlite', dump: { key: expect.stringContaining('20261122_020000Z') }, totals: { rows: 403 } } });
    expect(await buildOutcome(platform, { run, execution, failure: null })).toEqual(outcome);
    expect((await platform.vault.list('main/')).length).toBe(2);
  });

  it('is tried again as the workflow would, and notes the attempt that succeeded', async () => {
    const clock = new WatchedClock('2026-11-22T02:00:00Z', () => renameSync(away(), source()));
    const platform = await opened(clock);
    const source = () => join(platform.folder, 'app.sqlite3');
    const away = () => join(platform.folder, 'away.sqlite3');
    renameSync(source(), away());
    expect(await dumpOnBuild(platform, { run, execution }, never)).toMatchObject({ dump: { dump: { key: expect.stringContaining('Z.2.sqlite3') } } });
    expect(platform.clock.slept).toEqual([60]);
  });

  it('notes the last error under its name after four attempts, and leaves nothing in the vault', async () => {
    const platform = await opened();
    rmSync(join(platform.folder, 'app.sqlite3'));
    const outcome = await dumpOnBuild(platform, { run, execution }, never);
    expect(outcome).toEqual({ failure: { Error: 'SourceMissingError', Cause: expect.stringContaining('app.sqlite3') } });
    expect(platform.clock.slept).toEqual([60, 60, 60]);
    expect(await buildOutcome(platform, { run, execution, failure: null })).toEqual(outcome);
    expect(await platform.vault.list('main/')).toEqual([]);
  });

  it('does not repeat what a repeat cannot mend', async () => {
    const platform = await opened();
    writeFileSync(join(platform.folder, 'app.sqlite3'), 'this is no database, but it is long enough to be looked at as one'.repeat(100));
    expect(await dumpOnBuild(platform, { run, execution }, never)).toMatchObject({ failure: { Error: 'SourceUnreadableError' } });
    expect(platform.clock.slept).toEqual([]);
  });

  it.each([new OutOfTimeError('eight hours are over'), new InterruptedError('the build was stopped')])('notes why it was stopped: $name', async (reason) => {
    const platform = await opened();
    expect(await dumpOnBuild(platform, { run, execution }, AbortSignal.abort(reason))).toEqual({ failure: { Error: reason.name, Cause: reason.message } });
    expect(await platform.vault.list('main/')).toEqual([]);
  });

  it('throws when it cannot note: the run was settled meanwhile', async () => {
    const platform = await opened();
    const there = await platform.catalogue.runs.get(run);
    if (there) await platform.catalogue.runs.end(there, { status: 'failed', error: { name: 'InterruptedError', message: 'by hand' } }, platform.clock.now());
    await expect(dumpOnBuild(platform, { run, execution }, never)).rejects.toBeInstanceOf(InterruptedError);
  });
});

describe('what came of a dump apart', () => {
  it('is a failure when nothing was noted, and says what is known of the machine, in short', async () => {
    const platform = await opened();
    const failure = { Error: 'States.TaskFailed', Cause: 'x'.repeat(32_000) };
    const { failure: told } = (await buildOutcome(platform, { run, execution, failure })) as { failure: { Error: string; Cause: string } };
    expect(told).toEqual({ Error: 'InterruptedError', Cause: expect.stringMatching(/without a result.*States\.TaskFailed: x+\)/) });
    expect(told.Cause.length).toBeLessThan(1000);
  });

  it('of another execution, or of a run that is not there, is none', async () => {
    const platform = await opened();
    await dumpOnBuild(platform, { run, execution }, never);
    for (const other of [
      { run, execution: 'execution-2' },
      { run: 'main-20261123_020000Z', execution },
    ])
      expect(await buildOutcome(platform, { ...other, failure: null })).toMatchObject({ failure: { Error: 'InterruptedError' } });
  });
});

describe('where the next dump begins', () => {
  /** After a backup whose dump took so many seconds. */
  async function nextAfter(seconds: number, { apart }: { apart: boolean }) {
    const platform = await testPlatform();
    const steps = stepsOf(platform);
    const dumping = apart
      ? async (input: unknown, signal: AbortSignal) => {
          const outcome = await dumpOnBuild(platform, input as { run: string; execution: string }, signal);
          return 'dump' in outcome && outcome.dump;
        }
      : steps.dump;
    await runBackup(platform, request(slot), never, { ...steps, dump: dumping });
    await platform.catalogue.backups.change(run, (backup) => ({ ...backup, seconds }));
    await noteStanding(platform, 'main');
    return open(platform, { ...request('2026-11-23T02:00:00Z'), execution: 'execution-2' });
  }

  it.each([
    [301, true, 'build'],
    [300, true, 'function'], // surely done in the time of a function
    [880, false, 'function'], // it was in time
  ] as const)('after %i s, on the larger compute: %s, is the %s', async (seconds, apart, compute) => {
    expect(await nextAfter(seconds, { apart })).toMatchObject({ served: false, compute });
  });

  it('is a function where there was no backup before', async () => {
    const platform = await testPlatform();
    expect(await open(platform, { ...request(slot), execution })).toMatchObject({ compute: 'function' });
    await expect(open(platform, { ...request('2026-11-23T02:00:00Z'), execution: 'other' })).rejects.toBeInstanceOf(DatabaseBusyError);
  });
});

describe('where the next proof begins', () => {
  /** After a backup of a schedule whose proof took so many seconds, or could not be made, and perhaps one that was not due. */
  async function nextAfter(seconds: number | undefined, { apart, notDue = false }: { apart: boolean; notDue?: boolean }) {
    const platform = await testPlatform();
    const steps = stepsOf(platform);
    const publishing = (input: unknown, signal: AbortSignal) =>
      steps.publish(
        {
          ...(input as object),
          ...(seconds === undefined && { proof: null, unproven: { Error: 'OutOfTimeError', Cause: '' } }),
          proveOn: apart ? 'build' : 'function',
        },
        signal,
      );
    await runBackup(platform, request(slot), never, { ...steps, publish: publishing });
    if (seconds !== undefined) await platform.catalogue.backups.change(run, (backup) => ({ ...backup, proof: { ...backup.proof, seconds } }));
    if (notDue)
      await runBackup(platform, request('2026-11-22T12:00:00Z'), never, {
        ...steps,
        publish: (input, signal) => steps.publish({ ...(input as object), proof: null }, signal),
      });
    await noteStanding(platform, 'main');
    return open(platform, { ...request('2026-11-23T02:00:00Z'), execution: 'execution-2' });
  }

  it.each([
    [301, { apart: true }, 'build'],
    [301, { apart: true, notDue: true }, 'build'],
    [undefined, { apart: true }, 'build'], // it could not be made even there
    [300, { apart: true }, 'function'],
    [880, { apart: false }, 'function'], // it was in time
    [undefined, { apart: false }, 'function'],
  ] as const)('after %s s, %o, is the %s', async (seconds, given, proveOn) => {
    expect(await nextAfter(seconds, given)).toMatchObject({ served: false, proveOn });
  });
});

it('one machine has no larger compute: a run that is led there fails with a clear word, and alerts once', async () => {
  const platform = await testPlatform();
  const steps = {
    ...stepsOf(platform),
    dump: async () => {
      throw new OutOfTimeError('the time was over');
    },
  };
  const end = await runBackup(platform, request(slot), never, steps);
  expect(end).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: expect.stringContaining('the larger compute, which only AWS has') });
  expect(await platform.catalogue.runs.get(run)).toMatchObject({ status: 'failed' });
  expect(await mailsOf(platform)).toHaveLength(1);
});
