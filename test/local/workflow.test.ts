import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, testPlatform } from '../support/platform.ts';

describe('the backup workflow on one machine', () => {
  it('backs up, proves, publishes and records', async () => {
    const platform = await testPlatform();
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'SUCCEEDED', name: 'main-20261122_020000Z' });
    expect(await platform.catalogue.backups.get(end.name)).toMatchObject({ status: 'published', proof: { verdict: 'proven' }, tables: 3, rows: 403 });
    expect((await platform.vault.list('')).map(({ key }) => key)).toEqual([
      'HOW-TO-RESTORE.md',
      'main/2026/11/backup_20261122_020000Z.manifest.json',
      'main/2026/11/backup_20261122_020000Z.proof.json',
      'main/2026/11/backup_20261122_020000Z.scan.json',
      'main/2026/11/backup_20261122_020000Z.sqlite3.zst',
    ]);
  });

  it('tries four times, at 0, 60, 120 and 180 s, then fails, keeps nothing and sends one mail', async () => {
    const platform = await testPlatform();
    rmSync(join(platform.folder, 'app.sqlite3'));
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'FAILED', error: 'SourceMissingError' });
    expect(platform.clock.slept).toEqual([60, 60, 60]);
    expect(await platform.catalogue.runs.get(end.name)).toMatchObject({ status: 'failed', attempts: 4, error: { name: 'SourceMissingError' } });
    expect(await platform.vault.list('')).toEqual([]);
    expect(mailsOf(platform)).toHaveLength(1);
  });
});
