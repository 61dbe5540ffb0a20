import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dump } from '../../../../core/operations/backup/dump.ts';
import { open } from '../../../../core/operations/backup/open.ts';
import { prove } from '../../../../core/operations/backup/prove.ts';
import { restore } from '../../../../core/operations/orders/restore.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { mailsOf } from '../../../support/mail.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { canMount, smallDisk } from '../../../support/small-disk.ts';
import { published, stored } from '../../../support/stored-dump.ts';

const never = new AbortController().signal;
const slot = '2026-11-22T02:00:00Z';

/** Four megabytes that no compression makes smaller. */
function largeSource(folder: string): string {
  const path = join(folder, 'app.sqlite3');
  rmSync(path, { force: true });
  using database = new DatabaseSync(path);
  database.exec(
    'CREATE TABLE t (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO t SELECT randomblob(100000) FROM n',
  );
  return path;
}

async function prepare(): Promise<TestPlatform & { source: string }> {
  const platform = await testPlatform({ rows: 1 });
  return Object.assign(platform, { source: largeSource(platform.folder) });
}

/** Every file of a folder, hidden ones too. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

const disks = canMount() ? (['scratch', 'vault'] as const) : [];

describe('a disk that is too small', () => {
  it.each(disks)('for the %s fails the run after its retries, keeps nothing and tells the administrators', async (which) => {
    const disk = smallDisk(2);
    const platform = await testPlatform({ rows: 1, config: { local: { vault: which === 'vault' ? disk : 'vault', state: 'state' } } });
    largeSource(platform.folder);
    if (which === 'scratch') platform.scratch = disk;
    const end = await runBackup(platform, request(slot), never);
    expect(end).toMatchObject({ status: 'FAILED', error: 'StorageFullError' });
    expect(platform.clock.slept).toEqual([60, 60, 60]);
    expect(filesOf(disk)).toEqual([]);
    expect(readdirSync(platform.scratch)).toEqual([]);
    expect(await platform.vault.list('')).toEqual([]);
    expect(await platform.catalogue.runs.get(end.name)).toMatchObject({ status: 'failed', error: { name: 'StorageFullError' } });
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it.each(disks.slice(0, 1))('for the proof is a StorageFullError and refutes nothing', async () => {
    const platform = await prepare();
    const input = await stored(platform);
    platform.scratch = smallDisk(2);
    await expect(prove(platform, input, never)).rejects.toMatchObject({ name: 'StorageFullError' });
    expect(readdirSync(platform.scratch)).toEqual([]);
  });

  it.each(disks.slice(0, 1))('for a restore leaves nothing on it', async () => {
    const platform = await prepare();
    await published(platform);
    const disk = smallDisk(2);
    await expect(restore(platform, { backup: 'main', into: join(disk, 'back'), force: false, by: 'test' }, never)).rejects.toMatchObject({
      name: 'StorageFullError',
    });
    expect(readdirSync(disk)).toEqual([]);
  });

  it.each(disks.slice(0, 1))('for the last step of a forced restore leaves the target as it was', async () => {
    const platform = await prepare();
    await published(platform);
    const disk = smallDisk(20, 4); // its root, the old database and its WAL, the restored one, and no link more
    const into = join(disk, 'app.sqlite3');
    for (const suffix of ['', '-wal']) writeFileSync(into + suffix, `old${suffix}`);
    const restoring = restore(platform, { backup: 'main', into, force: true, withoutBackup: true, by: 'test' }, never);
    await expect(restoring).rejects.toMatchObject({ name: 'StorageFullError', message: expect.stringMatching(/could not move the restored database/) });
    for (const suffix of ['', '-wal']) expect(readFileSync(into + suffix, 'utf8')).toBe(`old${suffix}`);
    expect(readdirSync(disk)).toHaveLength(2);
  });

  it.each(disks.slice(0, 1))('is no trouble once it has room again', async () => {
    const platform = await prepare();
    const { scratch } = platform;
    const { run } = await open(platform, { ...request(slot), execution: 'test' });
    platform.scratch = smallDisk(2);
    await expect(dump(platform, { run, execution: 'test' }, never)).rejects.toMatchObject({ name: 'StorageFullError' });
    platform.scratch = scratch;
    expect((await dump(platform, { run, execution: 'test' }, never)).dump.key).toBe('main/2026/11/backup_20261122_020000Z.2.sqlite3.zst');
  });

  it('by a limit on the size of files is a typed error of the copy', () => {
    const folder = temporaryFolder();
    const source = largeSource(folder);
    const tool = fileURLToPath(new URL('../../../../core/engines/sqlite/tool.ts', import.meta.url));
    const output = execFileSync('sh', ['-c', 'ulimit -f 1000; exec "$@"', 'sh', process.execPath, tool, 'dump', source, join(folder, 'copy'), 'quick'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toMatchObject({
      error: { name: expect.stringMatching(/^Storage(Full|Refused)Error$/), message: expect.stringMatching(/temporary copy/) },
    });
    expect(existsSync(source)).toBe(true);
  });
});
