import { existsSync, mkdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rotate } from '../../../../core/operations/keeping/rotate.ts';
import { sweep } from '../../../../core/operations/keeping/sweep.ts';
import { FolderVault } from '../../../../core/vault/folder.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { backedUp } from '../../../support/backed-up.ts';
import { TestClock } from '../../../support/clock.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { mailsOf } from '../../../support/mail.ts';
import { never } from '../../../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { sampleDatabase } from '../../../support/sqlite.ts';
import { stepsWith } from '../../../support/wrapped-steps.ts';

const dayMs = 86_400_000;
const by = { by: 'test' };
const first = 'main/2026/11/backup_20261121_020000Z';
const second = 'main/2026/11/backup_20261122_020000Z';
const firstId = 'main-20261121_020000Z';
const secondId = 'main-20261122_020000Z';

const twoBackups = backedUp('2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z');

/** With two backups, or in an empty folder. Files carry the times of the machine's own clock, so this one begins there. */
function platformNow(folder = twoBackups(), keep = 30): Promise<TestPlatform> {
  const databases = { main: { engine: 'sqlite', file: 'app.sqlite3', proof: 'off', keep } } as const;
  return testPlatform({ folder, clock: new TestClock(new Date()), config: { databases } });
}

function empty(): string {
  const folder = temporaryFolder();
  sampleDatabase(join(folder, 'app.sqlite3'), { rows: 1 });
  return folder;
}

function pass(platform: TestPlatform, days: number): void {
  platform.clock.set(new Date(platform.clock.now().getTime() + days * dayMs));
}

/** Makes a file of the vault so old. */
function age(platform: TestPlatform, key: string, days: number): void {
  const at = new Date(platform.clock.now().getTime() - days * dayMs);
  utimesSync(join(platform.vault.root, key), at, at);
}

function put(platform: TestPlatform, key: string, days: number, content = 'something'): void {
  const path = join(platform.vault.root, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  age(platform, key, days);
}

const keysOf = async (platform: TestPlatform) => (await platform.vault.list('main/')).map(({ key }) => key);
const there = (platform: TestPlatform, key: string) => existsSync(join(platform.vault.root, key));

describe('sweep', () => {
  it('changes nothing where all is well, however old, and writes down that it looked', async () => {
    const platform = await platformNow();
    const before = await keysOf(platform);
    pass(platform, 400);
    expect(await sweep(platform, by)).toEqual({ removed: 0, orphans: 0, keys: [], recorded: [], corrected: [], missing: [], forgotten: [] });
    expect(await keysOf(platform)).toEqual(before);
    expect((await platform.catalogue.audit.list({ limit: 1 })).items).toMatchObject([{ action: 'swept', subject: 'vault', by: 'test' }]);
  });

  it('reads the manifest of a backup once where all is well, to compare its record with it', async () => {
    const platform = await platformNow();
    const read: string[] = [];
    const vault = new (class extends FolderVault {
      override read(key: string) {
        read.push(key);
        return super.read(key);
      }
    })(platform.vault.root, 'another');
    await sweep({ ...platform, vault }, by);
    expect(read.filter((key) => key.endsWith('.manifest.json')).sort()).toEqual([`${first}.manifest.json`, `${second}.manifest.json`]);
  });

  it('removes writes that were left unfinished for more than 24 hours', async () => {
    const platform = await platformNow(empty());
    put(platform, '.unfinished/deadbeef-0', 1.01);
    put(platform, '.unfinished/deadbeef-1', 0.99);
    expect(await sweep(platform, by)).toMatchObject({ removed: 1 });
    expect([0, 1].map((n) => there(platform, `.unfinished/deadbeef-${n}`))).toEqual([false, true]);
  });

  it('retires dumps without a manifest after a week', async () => {
    const platform = await platformNow(empty());
    put(platform, `${first}.sqlite3.zst`, 7.01);
    put(platform, `${first}.scan.json`, 7.01);
    put(platform, `${second}.sqlite3.zst`, 6.99);
    expect(await sweep(platform, by)).toMatchObject({ orphans: 2 });
    expect(await keysOf(platform)).toEqual([`${second}.sqlite3.zst`]);
    expect(there(platform, `.retired/${first}.sqlite3.zst`)).toBe(true);
  });

  it('retires the dump of an attempt that was cut off, beside the one that was published', async () => {
    const platform = await platformNow(empty());
    const stopped = new AbortController();
    const slot = request('2026-11-22T02:00:00Z');
    await runBackup(platform, slot, stopped.signal, stepsWith(platform, 'dump', { after: () => stopped.abort() }));
    await runBackup(platform, { ...slot, again: true }, never);
    const published = [`${second}.2.scan.json`, `${second}.2.sqlite3.zst`, `${second}.manifest.json`];
    expect(await keysOf(platform)).toEqual([...published, `${second}.scan.json`, `${second}.sqlite3.zst`]);
    pass(platform, 8);
    expect(await sweep(platform, by)).toMatchObject({ orphans: 2, missing: [] });
    expect(await keysOf(platform)).toEqual(published);
  });

  it('keeps what a running run may still need', async () => {
    const platform = await platformNow(empty());
    const before = async () => {
      age(platform, `${second}.sqlite3.zst`, 8);
      age(platform, `${second}.scan.json`, 8);
      expect(await sweep(platform, by)).toMatchObject({ orphans: 0 });
    };
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never, stepsWith(platform, 'publish', { before }));
    expect(end.status).toBe('SUCCEEDED');
    expect(await keysOf(platform)).toHaveLength(3);
  });

  it('leaves alone what it does not know', async () => {
    const platform = await platformNow(empty());
    put(platform, 'main/2026/11/notes.txt', 100);
    put(platform, 'README', 100);
    expect(await sweep(platform, by)).toMatchObject({ orphans: 0, removed: 0 });
    expect(there(platform, 'README') && there(platform, 'main/2026/11/notes.txt')).toBe(true);
  });

  it('records backups that the catalogue has lost', async () => {
    const platform = await platformNow();
    const record = await platform.catalogue.backups.get(firstId);
    await platform.catalogue.backups.remove(firstId);
    expect(await sweep(platform, by)).toMatchObject({ recorded: [firstId], missing: [], orphans: 0 });
    expect(await platform.catalogue.backups.get(firstId)).toEqual(record);
  });

  it.each<[string, (root: string) => void, (root: string) => void]>([
    [
      'manifest is gone',
      (root) => renameSync(join(root, `${first}.manifest.json`), join(root, 'away')),
      (root) => renameSync(join(root, 'away'), join(root, `${first}.manifest.json`)),
    ],
    [
      'dump is gone',
      (root) => renameSync(join(root, `${first}.sqlite3.zst`), join(root, 'away')),
      (root) => renameSync(join(root, 'away'), join(root, `${first}.sqlite3.zst`)),
    ],
  ])('reports a backup whose %s, once, keeps the rest of it, and takes it back when it returns', async (_, lose, giveBack) => {
    const platform = await platformNow();
    pass(platform, 30);
    lose(platform.vault.root);
    const left = await keysOf(platform);
    expect(await sweep(platform, by)).toMatchObject({ missing: [firstId], orphans: 0 });
    expect(await platform.catalogue.backups.get(firstId)).toMatchObject({ status: 'missing' });
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ database: 'main', kind: 'backup-missing', last: { subject: firstId } }]);
    expect(mailsOf(platform)).toHaveLength(1);
    expect(await sweep(platform, by)).toMatchObject({ missing: [] });
    expect(await keysOf(platform)).toEqual(left);
    expect(mailsOf(platform)).toHaveLength(1);

    giveBack(platform.vault.root);
    await sweep(platform, by);
    expect(await platform.catalogue.backups.get(firstId)).toMatchObject({ status: 'published' });
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
    expect(mailsOf(platform)).toHaveLength(2);
  });

  it('reports a dump that was cut short', async () => {
    const platform = await platformNow();
    truncateSync(join(platform.vault.root, `${second}.sqlite3.zst`), 100);
    expect(await sweep(platform, by)).toMatchObject({ missing: [secondId] });
    expect(mailsOf(platform)[0]).toContain(secondId);
  });

  it('tells of a record that was edited behind our back, takes nothing of its backup away, and writes it anew', async () => {
    const platform = await platformNow();
    pass(platform, 30);
    const { size = 0 } = (await platform.catalogue.backups.get(firstId)) ?? {};
    const left = await keysOf(platform);
    await platform.catalogue.backups.change(firstId, (record) => ({ ...record, size: size + 1 }));
    expect(await sweep(platform, by)).toMatchObject({ corrected: [firstId], missing: [], orphans: 0, removed: 0 });
    expect(mailsOf(platform)[0]).toContain(`${firstId}: in the catalogue "size" is "${size + 1}"`);
    expect(await keysOf(platform)).toEqual(left);
    expect(await platform.catalogue.backups.get(firstId)).toMatchObject({ status: 'published', size });
  });

  it('does not say that it is over while another backup is missing', async () => {
    const platform = await platformNow();
    const paths = [first, second].map((stem) => join(platform.vault.root, `${stem}.sqlite3.zst`)) as [string, string];
    for (const path of paths) renameSync(path, `${path}.away`);
    expect(await sweep(platform, by)).toMatchObject({ missing: [secondId, firstId] });
    renameSync(`${paths[0]}.away`, paths[0]);
    await sweep(platform, by);
    expect(await platform.catalogue.backups.get(firstId)).toMatchObject({ status: 'published' });
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-missing' }]);
    renameSync(`${paths[1]}.away`, paths[1]);
    await sweep(platform, by);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
  });

  it('removes what was retired when its days of grace are over, not before', async () => {
    const platform = await platformNow(twoBackups(), 1);
    await rotate(platform, { database: 'main', ...by });
    expect(await platform.catalogue.backups.get(firstId)).toMatchObject({ status: 'retired' });
    pass(platform, 29.9);
    expect(await sweep(platform, by)).toMatchObject({ removed: 0 });
    expect(there(platform, `.retired/${first}.sqlite3.zst`)).toBe(true);
    pass(platform, 0.2);
    expect(await sweep(platform, by)).toMatchObject({ removed: 4 });
    expect(there(platform, `.retired/${first}.sqlite3.zst`)).toBe(false);
    expect((await platform.catalogue.backups.list()).items.map(({ id }) => id)).toEqual([secondId]);
  });

  it.each(['sweep', 'rotate'])('a retirement that was cut off is finished (%s)', async (by) => {
    const platform = await platformNow();
    const retiredAt = platform.clock.now().toISOString();
    await platform.catalogue.backups.change(firstId, (backup) => ({ ...backup, status: 'retired', retiredAt }));
    await platform.vault.retire(`${first}.manifest.json`); // and here it was cut off
    await (by === 'sweep' ? sweep(platform, { by }) : rotate(platform, { database: 'main', by }));
    expect((await keysOf(platform)).filter((key) => key.startsWith(first))).toEqual([]);
    expect(await platform.catalogue.backups.get(firstId)).toMatchObject({ status: 'retired' });
  });

  it('goes on past a manifest that cannot be understood, keeps all of its run, and reports it at the end', async () => {
    const platform = await platformNow();
    put(platform, `${first.replace('21_', '20_')}.manifest.json`, 30, 'not JSON');
    put(platform, `${first.replace('21_', '20_')}.sqlite3.zst`, 30);
    put(platform, `${first.replace('21_', '19_')}.sqlite3.zst`, 30);
    await platform.catalogue.backups.remove(secondId);
    rmSync(join(platform.vault.root, `${first}.sqlite3.zst`));
    await expect(sweep(platform, by)).rejects.toMatchObject({
      name: 'DocumentInvalidError',
      message: expect.stringContaining('backup_20261120_020000Z.manifest.json'),
    });
    expect(await platform.catalogue.backups.get(secondId)).toMatchObject({ status: 'published' });
    expect(await platform.catalogue.backups.get(firstId)).toMatchObject({ status: 'missing' });
    expect(there(platform, `${first.replace('21_', '20_')}.sqlite3.zst`)).toBe(true);
    expect(there(platform, `${first.replace('21_', '19_')}.sqlite3.zst`)).toBe(false);
    expect((await platform.catalogue.audit.list({ subject: 'vault' })).items).toHaveLength(1);
  });
});
