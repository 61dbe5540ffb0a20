import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutOfTimeError, reasonOf, StorageFullError, ToolMissingError } from '../../core/errors.ts';
import { verify } from '../../core/operations/orders/verify.ts';
import { runBackup } from '../../local/workflow.ts';
import { testConfig } from '../support/config.ts';
import { mailsOf } from '../support/mail.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { sampleDatabase } from '../support/sqlite.ts';
import { stepsWith } from '../support/wrapped-steps.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';

describe('an error that a repeat cannot mend', () => {
  it.each<[string, string, (file: string) => void]>([
    ['a source that is a directory', 'SourceUnreadableError', (file) => mkdirSync(file)],
    ['an empty source', 'SourceUnreadableError', (file) => writeFileSync(file, '')],
    ['a source of another kind', 'SourceUnreadableError', (file) => writeFileSync(file, 'PGDMP and so on, long enough to be read')],
    ['a truncated source', 'SourceCorruptError', (file) => truncateSync(sampleDatabase(file, { rows: 2000 }), 40_000)],
  ])('%s is tried once, fails the run and is reported', async (_, error, damage) => {
    const platform = await testPlatform({ rows: 1 });
    rmSync(join(platform.folder, 'app.sqlite3'));
    damage(join(platform.folder, 'app.sqlite3'));
    expect(await runBackup(platform, request(slot), never)).toMatchObject({ status: 'FAILED', error });
    expect(platform.clock.slept).toEqual([]);
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed', attempts: 1, error: { name: error } });
    expect(await platform.vault.list('')).toEqual([]);
    expect(mailsOf(platform)).toHaveLength(1);
    expect(mailsOf(platform)[0]).toContain(error);
  });

  it('a database that is not configured is tried once', async () => {
    const platform = await testPlatform({ rows: 1 });
    const end = await runBackup(platform, request(slot, 'other'), never);
    expect(end).toMatchObject({ status: 'FAILED', error: 'ConfigurationError' });
    expect(platform.clock.slept).toEqual([]);
    expect(mailsOf(platform)[0]).toContain('no database is called "other"; configured: main');
  });

  it('a dump that is changed in the vault before its proof is refuted, is no backup, and stays for inspection', async () => {
    const platform = await testPlatform({ rows: 50 });
    const dump = join(platform.vault.root, 'main/2026/11/backup_20261122_020000Z.sqlite3.zst');
    const end = await runBackup(platform, request(slot), never, stepsWith(platform, 'prove', { before: () => truncateSync(dump, 100) }));
    expect(end).toMatchObject({ status: 'FAILED', error: 'BackupRefutedError' });
    expect(platform.clock.slept).toEqual([]);
    expect((await platform.catalogue.backups.list()).items).toEqual([]);
    expect((await platform.vault.list('main/')).map(({ key }) => key)).toEqual([
      'main/2026/11/backup_20261122_020000Z.scan.json',
      'main/2026/11/backup_20261122_020000Z.sqlite3.zst',
    ]);
  });
});

describe('a proof that cannot be made', () => {
  const failing = (platform: TestPlatform, error: Error) =>
    stepsWith(platform, 'prove', {
      before: () => {
        throw error;
      },
    });

  it.each([
    ['is tried once', new StorageFullError('the scratch server ran out of space'), []],
    ['is tried once', new OutOfTimeError('the time was up'), []],
    ['is tried four times', new ToolMissingError('no server to restore into'), [60, 60, 60]],
    ['is tried four times', new TypeError('nobody foresaw this'), [60, 60, 60]],
  ])('%s, for $name; the backup is published as unproven, and people are told why', async (_, error, slept) => {
    const platform = await testPlatform({ rows: 1 });
    expect(await runBackup(platform, request(slot), never, failing(platform, error))).toMatchObject({ status: 'SUCCEEDED', output: { backup: id } });
    expect(platform.clock.slept).toEqual(slept);
    expect((await platform.catalogue.backups.list()).items).toMatchObject([{ id, status: 'published', proof: { verdict: 'none' } }]);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([
      { kind: 'proof-failed', last: { subject: id, error: { name: reasonOf(error).name } } },
    ]);
    expect(mailsOf(platform)).toHaveLength(1);
    expect(mailsOf(platform)[0]).toContain(error.message);
  });

  it('is made at the next backup, which ends the incident', async () => {
    const platform = await testPlatform({ rows: 1 });
    await runBackup(platform, request(slot), never, failing(platform, new StorageFullError('full')));
    await runBackup(platform, request('2026-11-23T02:00:00Z'), never);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
    expect(mailsOf(platform)).toHaveLength(2);
  });

  it('is made by verify, which ends the incident', async () => {
    const platform = await testPlatform({ rows: 1 });
    await runBackup(platform, request(slot), never, failing(platform, new StorageFullError('full')));
    await verify(platform, { backup: 'main', by: 'somebody' }, never);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
  });

  it('is no incident any more once no proof is wanted', async () => {
    const platform = await testPlatform({ rows: 1 });
    await runBackup(platform, request(slot), never, failing(platform, new StorageFullError('full')));
    const config = testConfig({ databases: { main: { engine: 'sqlite', file: join(platform.folder, 'app.sqlite3'), proof: 'off' } } });
    await runBackup({ ...platform, config: { ...platform.config, databases: config.databases } }, request('2026-11-23T02:00:00Z'), never);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
  });
});

describe('a vault', () => {
  it('that can be neither written nor listed: the run fails after four tries, ends, and is reported', async () => {
    const platform = await testPlatform({ rows: 1 });
    symlinkSync(platform.vault.root, platform.vault.root); // a link to itself: like a disk that does not answer, for root too
    expect(await runBackup(platform, request(slot), never)).toMatchObject({ status: 'FAILED', error: 'StorageRefusedError' });
    expect(platform.clock.slept).toEqual([60, 60, 60]);
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed', attempts: 4, error: { name: 'StorageRefusedError' } });
    expect(mailsOf(platform)).toHaveLength(1);
    rmSync(platform.vault.root);
    expect(await runBackup(platform, request('2026-11-23T02:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('that holds something else where the manifest belongs: the run fails, ends, and is reported', async () => {
    const platform = await testPlatform({ rows: 1 });
    const manifest = join(platform.vault.root, 'main/2026/11/backup_20261122_020000Z.manifest.json');
    mkdirSync(dirname(manifest), { recursive: true });
    writeFileSync(manifest, '{}');
    expect(await runBackup(platform, request(slot), never)).toMatchObject({ status: 'FAILED', error: 'DocumentInvalidError' });
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed' });
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('that recovers between two tries gets its backup, and nobody is alarmed', async () => {
    const platform = await testPlatform({ rows: 1 });
    let tries = 0;
    const before = () => {
      tries += 1;
      if (tries === 1) writeFileSync(platform.vault.root, '');
      if (tries === 3) rmSync(platform.vault.root);
    };
    expect(await runBackup(platform, request(slot), never, stepsWith(platform, 'dump', { before }))).toMatchObject({ status: 'SUCCEEDED' });
    expect(platform.clock.slept).toEqual([60, 60]);
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded', attempts: 3 });
    expect(mailsOf(platform)).toEqual([]);
  });
});

describe('publishing', () => {
  it('whose answer gets lost is repeated and makes one backup', async () => {
    const platform = await testPlatform({ rows: 1 });
    let tries = 0;
    const after = () => {
      tries += 1;
      if (tries < 3) throw new Error('the answer got lost');
    };
    expect(await runBackup(platform, request(slot), never, stepsWith(platform, 'publish', { after }))).toMatchObject({ status: 'SUCCEEDED' });
    expect((await platform.catalogue.backups.list()).items).toHaveLength(1);
    expect(await platform.vault.list('main/')).toHaveLength(4);
  });

  it('whose answers all get lost has made the backup all the same; nobody is told of a failure, nor of a rotation that never began', async () => {
    const platform = await testPlatform({ rows: 1 });
    const after = () => {
      throw new Error('the answer got lost');
    };
    expect(await runBackup(platform, request(slot), never, stepsWith(platform, 'publish', { after }))).toMatchObject({ status: 'FAILED' });
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded' });
    expect((await platform.catalogue.backups.list()).items).toMatchObject([{ id, status: 'published' }]);
    expect((await platform.catalogue.incidents.list({ ended: true })).items).toEqual([]);
    expect(mailsOf(platform)).toEqual([]);
  });
});

describe('rotation that fails', () => {
  it('opens an incident and turns no run red, and the next one that works ends it and leaves nothing undone', async () => {
    const databases = { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 1, proof: 'off' } } as const;
    const platform = await testPlatform({ rows: 1, config: { databases } });
    const blocked = join(platform.vault.root, '.retired');
    await runBackup(platform, request('2026-11-20T02:00:00Z'), never);
    writeFileSync(blocked, 'where the folder should be');
    expect(await runBackup(platform, request('2026-11-21T02:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
    expect(platform.clock.slept).toEqual([60, 60, 60]);
    expect(await platform.catalogue.runs.get('main-20261121_020000Z')).toMatchObject({ status: 'succeeded' });
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'rotation-failed', alert: { state: 'sent' } }]);
    expect(mailsOf(platform)).toHaveLength(1);

    rmSync(blocked);
    await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
    expect(mailsOf(platform)).toHaveLength(2);
    expect((await platform.vault.list('main/')).map(({ key }) => key)).toEqual(
      ['manifest.json', 'scan.json', 'sqlite3.zst'].map((ending) => `main/2026/11/backup_20261122_020000Z.${ending}`),
    );
  });
});
