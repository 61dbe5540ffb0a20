import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { startBackupProcess } from '../support/backup-runner.ts';
import { TestClock } from '../support/clock.ts';
import { temporaryFolder } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, testPlatform } from '../support/platform.ts';
import { sampleDatabase } from '../support/sqlite.ts';
import { stepsWith } from '../support/wrapped-steps.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';

describe('a slot', () => {
  it('that was served is a no-op when it is asked for again', async () => {
    const platform = await testPlatform();
    await runBackup(platform, request(slot), never);
    const before = await platform.vault.list('');
    const again = await runBackup(platform, { ...request(slot), again: true }, never);
    expect(again).toMatchObject({ status: 'SUCCEEDED', output: { run: id, served: true } });
    expect(await platform.vault.list('')).toEqual(before);
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ attempts: 1, status: 'succeeded' });
  });

  it('that failed is served again only when that is wanted', async () => {
    const platform = await testPlatform();
    const stopped = new AbortController();
    await runBackup(platform, request(slot), stopped.signal, stepsWith(platform, 'dump', { after: () => stopped.abort() }));
    expect(await runBackup(platform, request(slot), never)).toMatchObject({ status: 'SUCCEEDED', output: { served: true } });
    expect((await platform.catalogue.backups.list()).items).toEqual([]);
    expect(await runBackup(platform, { ...request(slot), again: true }, never)).toMatchObject({ status: 'SUCCEEDED', output: { backup: id } });
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', attempts: 2 });
  });

  it('is served once when several processes ask for it in the same instant, on a machine where nothing was before', async () => {
    const folder = temporaryFolder();
    sampleDatabase(join(folder, 'app.sqlite3'), { rows: 20 });
    const ends = await Promise.all([1, 2, 3].map(() => startBackupProcess(folder, slot).ended));
    for (const { output, complaint } of ends) expect(JSON.parse(output || '{}'), complaint).toEqual({ status: 'SUCCEEDED' });
    const platform = await testPlatform({ folder });
    expect((await platform.catalogue.runs.list({})).items).toMatchObject([{ id, status: 'succeeded', attempts: 1 }]);
    expect((await platform.catalogue.audit.list({ subject: id })).items.map(({ action }) => action)).toEqual(['backup-published', 'backup-requested']);
    expect(await platform.vault.list('main/')).toHaveLength(4);
    expect(mailsOf(platform)).toEqual([]);
  });
});

describe('two runs of one database', () => {
  it('come one after the other: the second waits until the first is done', async () => {
    const first = await testPlatform();
    let done: () => void = () => undefined;
    const firstIsDone = new Promise<void>((resolve) => {
      done = resolve;
    });
    let waits = 0;
    class PatientClock extends TestClock {
      override async sleep(milliseconds: number, signal?: AbortSignal) {
        waits += 1;
        if (waits === 2) letGo();
        if (waits === 3) await firstIsDone;
        await super.sleep(milliseconds, signal);
      }
    }
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const second = await testPlatform({ folder: first.folder, clock: new PatientClock() });
    let waiting: ReturnType<typeof runBackup> | undefined;
    const before = async () => {
      waiting = runBackup(second, request('2026-11-22T03:00:00Z'), never);
      await held;
    };
    const one = await runBackup(first, request(slot), never, stepsWith(first, 'dump', { before }));
    done();
    const other = await waiting;
    expect([one.status, other?.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(second.log.lines[0]).toContain('is being backed up by run main-20261122_020000Z');
    expect(second.clock.slept).toEqual([60, 60, 60]);
    expect((await first.catalogue.backups.list()).items.map((backup) => backup.id)).toEqual(['main-20261122_030000Z', id]);
  });

  it('the second gives up after two hours, and says so', async () => {
    const first = await testPlatform();
    const second = await testPlatform({ folder: first.folder });
    let other: Awaited<ReturnType<typeof runBackup>> | undefined;
    const before = async () => {
      other = await runBackup(second, request('2026-11-22T03:00:00Z'), never);
    };
    const one = await runBackup(first, request(slot), never, stepsWith(first, 'dump', { before }));
    expect(one.status).toBe('SUCCEEDED');
    expect(other).toMatchObject({ status: 'FAILED', error: 'DatabaseBusyError' });
    expect(second.clock.slept).toEqual(Array(120).fill(60));
    expect(await first.catalogue.runs.get('main-20261122_030000Z')).toMatchObject({ status: 'failed', attempts: 0 });
    expect(await first.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded' });
  });

  it('the second goes on when the process of the first dies while it waits', async () => {
    const folder = temporaryFolder();
    sampleDatabase(join(folder, 'app.sqlite3'), { rows: 20 });
    const { child, ended } = startBackupProcess(folder, slot, 'hanging:dump');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    let waits = 0;
    class MurderousClock extends TestClock {
      override async sleep(milliseconds: number, signal?: AbortSignal) {
        waits += 1;
        if (waits === 3) {
          child.kill('SIGKILL');
          await ended;
        }
        await super.sleep(milliseconds, signal);
      }
    }
    const second = await testPlatform({ folder, clock: new MurderousClock() });
    expect(await runBackup(second, request('2026-11-22T03:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
    expect(second.clock.slept).toEqual([60, 60, 60]);
    expect(await second.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name: 'InterruptedError' } });
  });

  it('of two databases do not wait for each other', async () => {
    const platform = await testPlatform({
      config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3' }, 'main-2': { engine: 'sqlite', file: 'app.sqlite3' } } },
    });
    const before = () => runBackup(platform, request(slot, 'main-2'), never);
    await runBackup(platform, request(slot), never, stepsWith(platform, 'dump', { before }));
    expect(platform.clock.slept).toEqual([]);
    expect((await platform.catalogue.backups.list()).items).toHaveLength(2);
  });
});

describe('a run that takes longer than the workflow allows', () => {
  it('is stopped, settled and reported', async () => {
    const platform = await testPlatform();
    const before = () => {
      platform.clock.set('2026-11-23T16:59:30Z');
      rmSync(join(platform.folder, 'app.sqlite3'));
    };
    const end = await runBackup(platform, request(slot), never, stepsWith(platform, 'dump', { before }));
    expect(end.status).toBe('TIMED_OUT');
    expect(await platform.catalogue.runs.get(id)).toMatchObject({
      status: 'failed',
      error: { name: 'InterruptedError', message: expect.stringMatching(/longer/) },
    });
    expect(mailsOf(platform)).toHaveLength(1);
  });
});
