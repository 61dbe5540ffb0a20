import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openIncident } from '../../core/operations/keeping/incident.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { serveSchedules } from '../../local/scheduler.ts';
import { runBackup } from '../../local/workflow.ts';
import { StandingClock, WatchedClock } from '../support/clock.ts';
import { executing, untold } from '../support/executions.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { stepsWith } from '../support/wrapped-steps.ts';

/** Serves while time stands still, until everything that was due is done. Returns what was asked for. */
async function start(platform: TestPlatform, work: (request: BackupRequest) => Promise<unknown> = async () => undefined): Promise<BackupRequest[]> {
  const controller = new AbortController();
  const asked: BackupRequest[] = [];
  let under = 0;
  const backup = async (each: BackupRequest) => {
    asked.push(each);
    under += 1;
    await work(each);
    under -= 1;
  };
  const serving = serveSchedules(executing(platform, backup), untold, controller.signal);
  while (platform.clock.slept.length === 0 || under > 0 || !(await swept(platform))) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 20));
  controller.abort();
  await serving;
  return asked;
}

async function swept(platform: TestPlatform): Promise<boolean> {
  return (await platform.catalogue.audit.list({ subject: 'vault' })).items.length > 0;
}

const names = ['one', 'two', 'three', 'four', 'five'];
const five = Object.fromEntries(names.map((name) => [name, { engine: 'sqlite', file: 'app.sqlite3', proof: 'off' } as const]));
const lastSlot = '2026-11-22T02:00:00.000Z';

describe('at a start', () => {
  it('a slot that was missed is made up for, once', async () => {
    const platform = await testPlatform({ rows: 1, clock: new StandingClock() });
    const asked = await start(platform, (each) => runBackup(platform, each, never));
    expect(asked).toEqual([{ database: 'main', slot: lastSlot, kind: 'scheduled', requestedBy: 'start-up', claimed: false, again: false }]);
    const next = await testPlatform({ folder: platform.folder, clock: new StandingClock() });
    expect(await start(next)).toEqual([]);
    expect((await next.catalogue.backups.list()).items).toHaveLength(1);
  });

  it('nothing is made up for when a good backup was made since, by hand too', async () => {
    const platform = await testPlatform({ rows: 1, clock: new StandingClock() });
    await runBackup(platform, { ...request('2026-11-22T12:00:00Z'), kind: 'manual' }, never);
    expect(await start(platform)).toEqual([]);
  });

  it('a slot is made up for when the backups since do not count: refuted, or older than the slot', async () => {
    const platform = await testPlatform({ rows: 1, clock: new StandingClock() });
    platform.clock.set('2026-11-21T12:00:00Z');
    await runBackup(platform, { ...request('2026-11-21T12:00:00Z'), kind: 'manual' }, never);
    platform.clock.set('2026-11-22T12:00:00Z');
    const { name } = await runBackup(platform, { ...request('2026-11-22T12:00:00Z'), kind: 'manual' }, never);
    await platform.catalogue.backups.change(name, (backup) => ({ ...backup, proof: { verdict: 'refuted' } }));
    expect(await start(platform)).toMatchObject([{ slot: lastSlot }]);
  });

  it('more than two databases that are due run two at a time, and all are served, those whose run had failed too', async () => {
    const platform = await testPlatform({ rows: 1, clock: new StandingClock(), config: { databases: five } });
    for (const name of names) {
      const stopped = new AbortController();
      await runBackup(platform, request(lastSlot, name), stopped.signal, stepsWith(platform, 'open', { after: () => stopped.abort() }));
    }
    let now = 0;
    let most = 0;
    const asked = await start(platform, async (each) => {
      now += 1;
      most = Math.max(most, now);
      await runBackup(platform, each, never);
      now -= 1;
    });
    expect(asked.map(({ database }) => database)).toEqual(names);
    expect(asked.every(({ again, requestedBy }) => again && requestedBy === 'start-up')).toBe(true);
    expect(most).toBe(2);
    expect((await platform.catalogue.backups.list()).items.map(({ database }) => database).sort()).toEqual([...names].sort());
  });

  it('a clean-up that was missed is made up for, once', async () => {
    const platform = await testPlatform({ rows: 1, clock: new StandingClock() });
    await start(platform);
    expect((await platform.catalogue.audit.list({ subject: 'vault' })).items).toMatchObject([{ action: 'swept', by: 'scheduler' }]);
    const next = await testPlatform({ folder: platform.folder, clock: new StandingClock() });
    await start(next);
    expect((await next.catalogue.audit.list({ subject: 'vault' })).items).toHaveLength(1);
  });

  it('a mail that could not be sent is tried again', async () => {
    const platform = await testPlatform({ rows: 1, clock: new StandingClock() });
    const outbox = join(platform.state, 'outbox');
    writeFileSync(outbox, 'where the folder should be');
    await openIncident(platform, { database: 'main', kind: 'backup-missing', subject: 'x', error: { name: 'ObjectMissingError', message: 'gone' } });
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ alert: { state: 'due' } }]);
    rmSync(outbox);
    await start(platform);
    expect(mailsOf(platform)).toHaveLength(1);
  });
});

describe('the clean-up', () => {
  it('runs on Sundays at 01:00 of the configured zone, and one that fails is an incident until one works', async () => {
    const controller = new AbortController();
    const schedule = '0 0 1 1 *';
    const clock = new WatchedClock('2026-11-21T22:00:00Z', (now) => {
      if (now.now() > new Date('2026-11-29T06:00:00Z')) controller.abort();
      if (now.now() < new Date('2026-11-22T06:00:00Z') || now.now() > new Date('2026-11-28T22:00:00Z')) return;
      rmSync(manifest, { force: true });
      now.set('2026-11-28T22:00:30Z');
    });
    const databases = { main: { engine: 'sqlite', file: 'app.sqlite3', schedule } } as const;
    const platform = await testPlatform({ rows: 1, clock, config: { timeZone: 'America/Cayenne', databases } });
    const manifest = join(platform.vault.root, 'main/2026/11/backup_20261101_020000Z.manifest.json');
    mkdirSync(dirname(manifest), { recursive: true });
    writeFileSync(manifest, 'not JSON');
    await serveSchedules(
      executing(platform, async () => undefined),
      untold,
      controller.signal,
    );
    const sweeps = (await platform.catalogue.audit.list({ subject: 'vault' })).items.map(({ at }) => at.slice(0, 16)).reverse();
    expect(sweeps).toEqual(['2026-11-21T22:00', '2026-11-22T04:00', '2026-11-29T04:00']);
    const error = { name: 'DocumentInvalidError', message: expect.stringContaining('backup_20261101_020000Z.manifest.json') };
    const incidents = (await platform.catalogue.incidents.list({ ended: true })).items;
    expect(incidents).toMatchObject([{ kind: 'sweep-failed', count: 2, last: { error }, endedAt: expect.stringMatching(/^2026-11-29T04:/) }]);
    expect(incidents[0]).not.toHaveProperty('database');
  });
});
