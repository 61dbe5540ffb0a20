import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InterruptedError } from '../../core/errors.ts';
import type { Progress } from '../../core/platform.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { serveSchedules } from '../../local/scheduler.ts';
import { runBackup, type Steps, stepsOf } from '../../local/workflow.ts';
import { StandingClock, WatchedClock } from '../support/clock.ts';
import { executing, untold } from '../support/executions.ts';
import { mailsOf } from '../support/mail.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { stepsWith } from '../support/wrapped-steps.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';

function stopping() {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort(new InterruptedError('stopped by a signal')) };
}

async function expectCleanFailure(platform: TestPlatform, attempts: number, message = 'the run was stopped before it had ended') {
  expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed', attempts, error: { name: 'InterruptedError', message } });
  expect((await platform.catalogue.backups.list()).items).toEqual([]);
  expect(leftBehind(platform)).toEqual([]);
  expect(mailsOf(platform)).toHaveLength(1);
}

async function expectMadeUpFor(folder: string) {
  const next = await testPlatform({ folder, clock: new StandingClock() });
  const { signal, stop } = stopping();
  const backup = async (asked: BackupRequest) => {
    await runBackup(next, asked, signal);
    stop();
  };
  await serveSchedules(executing(next, backup), untold, signal);
  expect((await next.catalogue.backups.list()).items).toMatchObject([{ id, status: 'published' }]);
}

describe('Ctrl-C', () => {
  it.each<[keyof Steps, number]>([
    ['open', 0],
    ['dump', 0],
    ['prove', 1],
  ])('at the step %s fails the run, leaves no half file and no stuck record, and the next start makes up for it', async (step, attempts) => {
    const platform = await testPlatform({ rows: 20 });
    const { signal, stop } = stopping();
    const happening = step === 'open' ? { after: stop } : { before: stop };
    const end = await runBackup(platform, request(slot), signal, stepsWith(platform, step, happening));
    expect(end.status).toBe('ABORTED');
    await expectCleanFailure(platform, step === 'dump' ? 1 : attempts);
    await expectMadeUpFor(platform.folder);
  });

  it.each(['dump', 'prove'])('while bytes pass in %s does the same', async (step) => {
    const platform = await testPlatform({ rows: 20 });
    const { signal, stop } = stopping();
    const { progress } = platform.log;
    platform.log.progress = (now: Progress) => {
      progress.call(platform.log, now);
      if (now.step === step) stop();
    };
    expect((await runBackup(platform, request(slot), signal)).status).toBe('ABORTED');
    expect(platform.log.steps.some((now) => now.step === step)).toBe(true);
    await expectCleanFailure(platform, 1);
  });

  it('while it waits for the next try does the same, and hides not why the last one failed', async () => {
    const { signal, stop } = stopping();
    const platform = await testPlatform({ rows: 20, clock: new WatchedClock('2026-11-22T17:00:00Z', stop) });
    rmSync(join(platform.folder, 'app.sqlite3'));
    expect((await runBackup(platform, request(slot), signal)).status).toBe('ABORTED');
    const why = expect.stringMatching(/^the run was stopped before it had ended; its last try had failed: there is no file .* \(SourceMissingError\)$/);
    await expectCleanFailure(platform, 1, why);
    expect(mailsOf(platform)[0]).toContain('there is no file');
  });

  it('of a backup that was asked for by hand is recorded and alarms nobody', async () => {
    const platform = await testPlatform({ rows: 20 });
    const { signal, stop } = stopping();
    const end = await runBackup(platform, { ...request(slot), kind: 'manual' }, signal, stepsWith(platform, 'prove', { before: stop }));
    expect(end.status).toBe('ABORTED');
    expect((await platform.catalogue.runs.list({})).items).toMatchObject([{ kind: 'manual', status: 'failed', error: { name: 'InterruptedError' } }]);
    expect((await platform.catalogue.incidents.list({ ended: true })).items).toEqual([]);
    expect(mailsOf(platform)).toEqual([]);
  });

  it('after the proof, before publication, leaves no backup', async () => {
    const platform = await testPlatform({ rows: 20 });
    const { signal, stop } = stopping();
    expect((await runBackup(platform, request(slot), signal, stepsWith(platform, 'prove', { after: stop }))).status).toBe('ABORTED');
    await expectCleanFailure(platform, 1);
  });

  it.each<keyof Steps>(['publish', 'rotate'])('at the step %s comes too late to undo the backup, and alarms nobody', async (step) => {
    const platform = await testPlatform({ rows: 20 });
    const { signal, stop } = stopping();
    expect((await runBackup(platform, request(slot), signal, stepsWith(platform, step, { before: stop }))).status).toBe('ABORTED');
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded' });
    expect(await platform.catalogue.backups.get(id)).toMatchObject({ status: 'published' });
    expect((await platform.catalogue.incidents.list({ ended: true })).items).toEqual([]);
    expect(mailsOf(platform)).toEqual([]);
  });

  it('before anything began opens nothing', async () => {
    const platform = await testPlatform({ rows: 20 });
    const { signal, stop } = stopping();
    stop();
    let opened = false;
    const steps = stepsOf(platform);
    const open: Steps['open'] = async (input, cut) => {
      opened = true;
      return steps.open(input, cut);
    };
    expect((await runBackup(platform, request(slot), signal, { ...steps, open })).status).toBe('ABORTED');
    expect(opened).toBe(false);
    expect((await platform.catalogue.runs.list({ status: 'running' })).items).toEqual([]);
  });
});

function leftBehind({ vault, scratch }: TestPlatform): string[] {
  if (!existsSync(vault.root)) return readdirSync(scratch);
  const unfinished = readdirSync(vault.root, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.parentPath.endsWith('.unfinished'),
  );
  return [...unfinished.map(({ name }) => name), ...readdirSync(scratch)];
}
