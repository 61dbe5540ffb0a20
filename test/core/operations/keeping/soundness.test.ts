import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planRotation, rotate } from '../../../../core/operations/keeping/rotate.ts';
import { sweep } from '../../../../core/operations/keeping/sweep.ts';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { mailsOf } from '../../../support/mail.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { flip } from '../../../support/stored-dump.ts';

const never = new AbortController().signal;

async function backedUp(platform: TestPlatform, ...slots: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const slot of slots) ids.push((await runBackup(platform, request(slot), never)).name);
  return ids;
}

const fileOf = ({ folder }: TestPlatform, id: string, suffix: string) => join(folder, 'vault/main/2026/11', `backup_${id.slice('main-'.length)}.${suffix}`);

describe('a vault that is not the one the catalogue knows', () => {
  it('takes no backup, and the administrators are told', async () => {
    const platform = await testPlatform();
    await backedUp(platform, '2026-11-21T02:00:00Z');
    renameSync(join(platform.folder, 'vault'), join(platform.folder, 'unmounted'));
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'FAILED', error: 'StorageRefusedError' });
    expect(mailsOf(platform)).toEqual([expect.stringContaining('is its disk mounted?')]);
  });
});

describe('an empty folder in the place of the vault', () => {
  it('takes no backup, also after the clean-up, and none counts as lost', async () => {
    const platform = await testPlatform();
    const [id = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    renameSync(join(platform.folder, 'vault'), join(platform.folder, 'unmounted'));
    mkdirSync(join(platform.folder, 'vault'));
    await expect(sweep(platform, { by: 'test' })).rejects.toMatchObject({
      name: 'StorageRefusedError',
      message: expect.stringContaining('is its disk mounted?'),
    });
    await expect(rotate(platform, { database: 'main', by: 'test' })).rejects.toMatchObject({ name: 'StorageRefusedError' });
    expect(await platform.catalogue.backups.get(id)).toMatchObject({ status: 'published' });
    expect(await runBackup(platform, request('2026-11-22T02:00:00Z'), never)).toMatchObject({ status: 'FAILED', error: 'StorageRefusedError' });
    expect(readdirSync(join(platform.folder, 'vault'))).toEqual([]);
  });
});

describe('a published backup whose manifest', () => {
  it('is gone counts no more once somebody verifies it, and rotation keeps a whole one in its place', async () => {
    const platform = await testPlatform({ config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 1 } } } });
    const [older = ''] = await backedUp(platform, '2026-11-20T02:00:00Z');
    await platform.catalogue.backups.change(older, (backup) => ({ ...backup, hold: { by: 'test', since: '2026-11-20T02:00:00Z', reason: '' } }));
    const [newer = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    await platform.catalogue.backups.change(older, ({ hold: _, ...backup }) => backup);
    rmSync(fileOf(platform, newer, 'manifest.json'));
    await expect(verify(platform, { backup: newer, by: 'test' }, never)).rejects.toMatchObject({ name: 'ObjectMissingError' });
    expect(await platform.catalogue.backups.get(newer)).toMatchObject({ status: 'missing' });
    expect((await planRotation(platform, 'main')).map(({ backup, keep }) => [backup.id, keep])).toEqual([[older, true]]);
  });

  it('is gone does not count for the rotation that comes next either', async () => {
    const platform = await testPlatform({ config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 2 } } } });
    const ids = await backedUp(platform, '2026-11-19T02:00:00Z', '2026-11-20T02:00:00Z');
    await platform.catalogue.backups.change(ids[0] ?? '', (backup) => ({ ...backup, hold: { by: 'test', since: backup.slot, reason: '' } }));
    const [lost = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    await platform.catalogue.backups.change(ids[0] ?? '', ({ hold: _, ...backup }) => backup);
    rmSync(fileOf(platform, lost, 'manifest.json'));
    expect(await rotate(platform, { database: 'main', by: 'test' })).toEqual({ kept: 2, retired: [] });
    expect(await platform.catalogue.backups.get(lost)).toMatchObject({ status: 'missing' });
  });

  it('cannot be understood counts no more once somebody verifies it', async () => {
    const platform = await testPlatform();
    const [id = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    writeFileSync(fileOf(platform, id, 'manifest.json'), '{');
    await expect(verify(platform, { backup: id, by: 'test' }, never)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
    expect(await platform.catalogue.backups.get(id)).toMatchObject({ proof: { verdict: 'refuted' } });
    expect(mailsOf(platform)).toHaveLength(1);
  });
});

it('that a backup does not restore is over only when none that stands is refuted', async () => {
  const platform = await testPlatform();
  const [sound = '', damaged = ''] = await backedUp(platform, '2026-11-20T02:00:00Z', '2026-11-21T02:00:00Z');
  flip(fileOf(platform, damaged, 'sqlite3.zst'), 100);
  expect(await verify(platform, { backup: damaged, by: 'test' }, never)).toMatchObject({ verdict: 'refuted' });
  expect(await verify(platform, { backup: sound, by: 'test' }, never)).toMatchObject({ verdict: 'proven' });
  expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-refuted' }]);
  await backedUp(platform, '2026-11-22T02:00:00Z'); // a newer good one: rotation retires the refuted one
  expect((await platform.catalogue.incidents.list()).items).toEqual([]);
});
