import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, testPlatform } from '../support/platform.ts';
import { sampleDatabase } from '../support/sqlite.ts';

const dayMs = 86_400_000;

/** Returns a day at 02:00 UTC, counted from 1 September. */
function slotOfDay(day: number): string {
  return new Date(Date.parse('2026-09-01T02:00:00Z') + day * dayMs).toISOString();
}

describe('an outage of 40 days', () => {
  it('takes none of the 30 good backups, sends one mail a day, and ends with the first backup that works', async () => {
    const databases = { main: { engine: 'sqlite', file: 'app.sqlite3', proof: 'off', compression: 'none' } } as const;
    const platform = await testPlatform({ rows: 1, config: { databases } });
    const source = join(platform.folder, 'app.sqlite3');
    const backUp = (day: number) => {
      platform.clock.set(slotOfDay(day));
      return runBackup(platform, request(slotOfDay(day)), never);
    };
    for (let day = 0; day < 31; day++) expect((await backUp(day)).status).toBe('SUCCEEDED');
    const good = (await platform.catalogue.backups.list()).items.filter(({ status }) => status === 'published').map(({ id }) => id);
    expect(good).toHaveLength(30);
    const objects = await platform.vault.list('');

    rmSync(source);
    expect(await backUp(31)).toMatchObject({ status: 'FAILED', error: 'SourceMissingError' });
    rmSync(platform.scratch, { recursive: true }); // the disk of the temporary files is gone too
    for (let day = 32; day < 71; day++) expect((await backUp(day)).status).toBe('FAILED');

    const published = (await platform.catalogue.backups.list()).items.filter(({ status }) => status === 'published').map(({ id }) => id);
    expect(published).toEqual(good);
    expect(await platform.vault.list('')).toEqual(objects);
    expect(mailsOf(platform)).toHaveLength(40);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([
      { kind: 'backup-failed', since: expect.stringContaining(slotOfDay(31).slice(0, 10)), count: 40 },
    ]);

    mkdirSync(platform.scratch);
    sampleDatabase(source, { rows: 1 });
    expect((await backUp(71)).status).toBe('SUCCEEDED');
    expect(mailsOf(platform)).toHaveLength(41);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
    expect((await platform.catalogue.backups.list()).items.filter(({ status }) => status === 'published')).toHaveLength(30);
  });
});
