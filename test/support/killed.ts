import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { recover } from '../../local/recover.ts';
import { serveSchedules } from '../../local/scheduler.ts';
import { runBackup } from '../../local/workflow.ts';
import { startBackupProcess } from './backup-runner.ts';
import { StandingClock } from './clock.ts';
import { executing, untold } from './executions.ts';
import { temporaryFolder } from './folder.ts';
import { mailsOf } from './mail.ts';
import { type TestPlatform, testPlatform } from './platform.ts';
import { sampleDatabase } from './sqlite.ts';

const slot = '2026-11-22T02:00:00.000Z';
export const killedRun = 'main-20261122_020000Z';

/** The folder of a process that was killed at this point of its backup; `backup-process.ts` says what the words mean. */
export async function killedAt(where: string, { source = true } = {}): Promise<string> {
  const folder = temporaryFolder();
  if (source) sampleDatabase(join(folder, 'app.sqlite3'), { rows: 20 });
  const { signal, complaint } = await startBackupProcess(folder, slot, where).ended;
  expect(signal, complaint).toBe('SIGKILL');
  return folder;
}

/** Lists the names in a folder of a project; none if it is not there. */
export function namesIn(folder: string, under: string): string[] {
  const path = join(folder, under);
  return existsSync(path) ? readdirSync(path) : [];
}

/** Kills a backup there, starts again, and expects everything of it to be settled, reported, clean and made up for. */
export async function expectRecovery(where: string, { attempts, published }: { attempts: number; published: boolean }): Promise<void> {
  const folder = await killedAt(where);
  const platform = await testPlatform({ folder, clock: new StandingClock() });
  const { catalogue, presence, vault } = platform;
  expect((await recover(platform)).map(({ id }) => id)).toEqual([killedRun]);

  const failed = { status: 'failed', attempts, error: { name: 'InterruptedError' } };
  expect(await catalogue.runs.get(killedRun)).toMatchObject(published ? { status: 'succeeded', attempts } : failed);
  expect(mailsOf(platform)).toHaveLength(published ? 0 : 1);
  expect((await vault.list('')).some(({ key }) => key.endsWith('.manifest.json'))).toBe(published);
  expect(namesIn(folder, 'vault/.unfinished')).toEqual([]);
  expect(namesIn(folder, 'state/temporary')).toEqual([presence.id]);
  expect(namesIn(folder, 'state/processes').filter((name) => !name.startsWith(presence.id))).toEqual([]);

  expect(await madeUpFor(platform)).toEqual(published ? [] : [slot]);
  expect(await catalogue.runs.get(killedRun)).toMatchObject({ status: 'succeeded', attempts: published ? attempts : attempts + 1 });
  expect((await catalogue.backups.list()).items).toMatchObject([{ id: killedRun, status: 'published', proof: { verdict: 'proven' } }]);
  expect(mailsOf(platform)).toHaveLength(published ? 0 : 2); // and one that says it is over
}

/** Serves schedules until the first backup has ended, or at once when none is due. Returns the slots that were served. */
async function madeUpFor(platform: TestPlatform): Promise<string[]> {
  const controller = new AbortController();
  const served: string[] = [];
  const backup = async (request: BackupRequest) => {
    served.push(request.slot);
    await runBackup(platform, request, controller.signal);
    controller.abort();
  };
  const serving = serveSchedules(executing(platform, backup), untold, controller.signal);
  while (platform.clock.slept.length === 0) await new Promise(setImmediate); // the first look is over
  if (served.length === 0) controller.abort();
  await serving;
  return served;
}
