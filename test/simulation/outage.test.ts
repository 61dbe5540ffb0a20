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

describe('an outage that lasts longer than all good backups reach back', () => {
  it('takes none of the good backups, sends one mail a day, and ends with the first backup that works', async () => {
    const keep = 5;
    const [outage, end] = [keep + 1, keep + 1 + 8];
    const databases = { main: { engine: 'sqlite', file: 'app.sqlite3', proof: 'off', compression: 'none', keep } } as const;
    const platform = await testPlatform({ rows: 1, config: { databases } });
    const source = join(platform.folder, 'app.sqlite3');
    const backUp = (day: number) => {
      platform.clock.set(slotOfDay(day));
      return runBackup(platform, request(slotOfDay(day)), never);
    };
    for (let day = 0; day < outage; day++) expect((await backUp(day)).status).toBe('SUCCEEDED');
    const good = (await platform.catalogue.backups.list()).items.filter(({ status }) => status === 'published').map(({ id }) => id);
    expect(good).toHaveLength(keep);
    const objects = await platform.vault.list('');

    rmSync(source);
    expect(await backUp(outage)).toMatchObject({ status: 'FAILED', error: 'SourceMissingError' });
    rmSync(platform.scratch, { recursive: true }); // the disk of the temporary files is gone too
    for (let day = outage + 1; day < end; day++) expect((await backUp(day)).status).toBe('FAILED');

    const published = (await platform.catalogue.backups.list()).items.filter(({ status }) => status === 'published').map(({ id }) => id);
    expect(published).toEqual(good);
    expect(await platform.vault.list('')).toEqual(objects);
    expect(mailsOf(platform)).toHaveLength(end - outage);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([
      { kind: 'backup-failed', since: expect.stringContaining(slotOfDay(outage).slice(0, 10)), count: end - outage },
    ]);

    mkdirSync(platform.scratch);
    sampleDatabase(source, { rows: 1 });
    expect((await backUp(end)).status).toBe('SUCCEEDED');
    expect(mailsOf(platform)).toHaveLength(end - outage + 1);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
    expect((await platform.catalogue.backups.list()).items.filter(({ status }) => status === 'published')).toHaveLength(keep);
  });
});
