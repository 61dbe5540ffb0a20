import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inspect } from '../../../../core/engines/sqlite/inspection.ts';
import { restore } from '../../../../core/operations/orders/restore.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { holding } from '../../../support/other-process.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { countRows, sampleDatabase } from '../../../support/sqlite.ts';
import { flip, published } from '../../../support/stored-dump.ts';
import { giveAway, narrow, unprivileged } from '../../../support/unprivileged.ts';
import { withoutHardLinks } from '../../../support/without-hard-links.ts';

const never = new AbortController().signal;

/** A platform with one backup of 200 persons, and a target in an empty folder. */
async function prepare(rows = 200): Promise<{ platform: TestPlatform; folder: string; into: string; dump: string }> {
  const sampled = await testPlatform({ rows });
  const platform = Object.assign(sampled, { source: join(sampled.folder, 'app.sqlite3') });
  await published(platform);
  const folder = temporaryFolder();
  return {
    platform,
    folder,
    into: join(folder, 'back.sqlite3'),
    dump: join(platform.vault.root, 'main/2026/11/backup_20261122_020000Z.2.sqlite3.zst'),
  };
}

/** What is there is no database, so nothing could back it up first. */
const order = (into: string, force = false) => ({ backup: 'main', into, force, withoutBackup: true, by: 'test' });

describe('a restore', () => {
  it('replaces a file on a disk without hard links, such as a memory stick, and sets the old one aside', async () => {
    const { platform, folder, into } = await prepare();
    sampleDatabase(into, { rows: 7 });
    onTestFinished(withoutHardLinks());
    expect(await restore(platform, order(into, true), never)).toMatchObject({ into, rows: 403 });
    expect(inspect(into, 'full')).toMatchObject({ damage: [] });
    expect(countRows(into)).toEqual(countRows(join(platform.folder, 'app.sqlite3')));
    expect(readdirSync(folder)).toEqual(['back.sqlite3', expect.stringMatching(/^back\.sqlite3\.replaced-/)]);
  });

  it('gives the rows of the source, in a file that only its owner reads', async () => {
    const { platform, folder, into } = await prepare();
    expect(await restore(platform, order(into), never)).toEqual({ backup: 'main-20261122_020000Z', into, tables: 3, rows: 403, notes: [] });
    expect(statSync(into).mode & 0o777).toBe(0o600);
    expect(inspect(into, 'full')).toMatchObject({ damage: [] });
    expect(inspect(into, 'full').scan.tables).toEqual(inspect(join(platform.folder, 'app.sqlite3'), 'full').scan.tables);
    expect(readdirSync(folder)).toEqual(['back.sqlite3']);
    expect((await platform.catalogue.audit.list({ limit: 1 })).items[0]).toMatchObject({ action: 'restored', by: 'test', detail: into });
  });

  it.each(['', '-wal', '-shm', '-journal'])('refuses a target when "target%s" exists, and changes nothing', async (suffix) => {
    const { platform, folder, into } = await prepare(5);
    writeFileSync(into + suffix, 'precious');
    await expect(restore(platform, order(into), never)).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining(into + suffix) });
    expect(readdirSync(folder)).toEqual([`back.sqlite3${suffix}`]);
    expect(readFileSync(into + suffix, 'utf8')).toBe('precious');
  });

  it('sets aside what is there, with what lies beside it, when it is forced to', async () => {
    const { platform, folder, into } = await prepare(5);
    for (const suffix of ['', '-wal', '-shm', '-journal']) writeFileSync(into + suffix, `old${suffix}`);
    const aside = `${into}.replaced-20261122_170000Z`;
    expect(await restore(platform, order(into, true), never)).toMatchObject({ rows: 13, replaced: aside });
    for (const suffix of ['', '-wal', '-shm', '-journal']) expect(readFileSync(aside + suffix, 'utf8')).toBe(`old${suffix}`);
    expect(readdirSync(folder)).toHaveLength(5);
    expect(countRows(into)).toEqual({ person: 5, visit: 5 });
  });

  it('that is forced a second time in the same second keeps what was set aside first', async () => {
    const { platform, folder, into } = await prepare(5);
    writeFileSync(into, 'the original');
    await restore(platform, order(into, true), never);
    expect(await restore(platform, order(into, true), never)).toMatchObject({ replaced: `${into}.replaced-20261122_170000Z-2` });
    expect(readFileSync(`${into}.replaced-20261122_170000Z`, 'utf8')).toBe('the original');
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('keeps the rows that lay only in the WAL of what it sets aside', async () => {
    const { platform, into } = await prepare(5);
    sampleDatabase(into, { rows: 7, mode: 'WAL' });
    const killed = await holding(into, "INSERT INTO person VALUES (8, 'only in the WAL', NULL)");
    await killed.kill();
    const { replaced = '' } = await restore(platform, order(into, true), never);
    expect(countRows(replaced)).toEqual({ person: 8, visit: 7 });
    expect(countRows(into)).toEqual({ person: 5, visit: 5 });
  });

  it('leaves everything in its place when it cannot set aside all of it', async () => {
    const { platform, folder } = await prepare(5);
    // so long that the database can be renamed, and its WAL cannot
    const into = join(folder, 'x'.repeat(255 - '.replaced-20261122_170000Z'.length));
    writeFileSync(into, 'old');
    writeFileSync(`${into}-wal`, 'old WAL');
    await expect(restore(platform, order(into, true), never)).rejects.toMatchObject({
      name: 'StorageRefusedError',
      message: expect.stringContaining('ENAMETOOLONG'),
    });
    expect(readFileSync(into, 'utf8')).toBe('old');
    expect(readFileSync(`${into}-wal`, 'utf8')).toBe('old WAL');
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it.each([
    { what: 'reads it', mode: 'DELETE', sql: 'BEGIN; SELECT * FROM person' },
    { what: 'writes to it', mode: 'DELETE', sql: 'BEGIN IMMEDIATE' },
    { what: 'has it open', mode: 'WAL', sql: 'SELECT * FROM person' },
    { what: 'has it open and is idle', mode: 'DELETE', sql: 'SELECT * FROM person' },
  ] as const)('refuses a target in $mode mode while another process $what, even when it is forced', async ({ mode, sql }) => {
    const { platform, into } = await prepare(5);
    sampleDatabase(into, { rows: 7, mode });
    await holding(into, sql);
    await expect(restore(platform, order(into, true), never)).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringMatching(/in use/) });
    expect(countRows(into)).toEqual({ person: 7, visit: 7 });
  });

  it('goes to where a symbolic link leads, and leaves the link', async () => {
    const { platform, folder, into } = await prepare(5);
    sampleDatabase(join(folder, 'real.sqlite3'), { rows: 7 });
    symlinkSync('real.sqlite3', into);
    await restore(platform, order(into, true), never);
    expect(readlinkSync(into)).toBe('real.sqlite3');
    expect(countRows(join(folder, 'real.sqlite3'))).toEqual({ person: 5, visit: 5 });
  });

  it('is refused for a link that leads nowhere, and for a folder that is not there', async () => {
    const { platform, folder, into } = await prepare(5);
    symlinkSync('nowhere', into);
    await expect(restore(platform, order(into, true), never)).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringMatching(/leads nowhere/) });
    await expect(restore(platform, order(join(folder, 'no', 'a'), true), never)).rejects.toMatchObject({
      name: 'RefusedError',
      message: expect.stringMatching(/there is no folder/),
    });
  });

  it.each([
    { what: 'a folder', make: (path: string) => mkdirSync(path), says: /is a directory/ },
    { what: 'a device', make: (path: string) => symlinkSync('/dev/null', path), says: /is a special file/ },
  ])('refuses $what as its target, even when it is forced', async ({ make, says }) => {
    const { platform, folder, into } = await prepare(5);
    make(into);
    await expect(restore(platform, order(into, true), never)).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringMatching(says) });
    expect(readdirSync(folder)).toEqual(['back.sqlite3']);
  });

  it('says that its folder does not exist, and does not make it', async () => {
    const { platform, folder } = await prepare(5);
    const error = { name: 'RefusedError', message: expect.stringContaining('there is no folder') };
    await expect(restore(platform, order(join(folder, 'gone', 'back.sqlite3')), never)).rejects.toMatchObject(error);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that its folder may not be written', async () => {
    const folder = temporaryFolder();
    giveAway(folder);
    narrow(folder, 0o500);
    const module = new URL('../../../support/restore-into.ts', import.meta.url);
    expect(await unprivileged(module, 'restoreInto', join(folder, 'back.sqlite3'))).toMatch(
      /^StorageRefusedError: could not write .*: this user has no permission \(EACCES\)/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves the target alone and nothing behind when a byte was flipped in the vault', async () => {
    const { platform, folder, into, dump } = await prepare();
    flip(dump, statSync(dump).size >> 1);
    await expect(restore(platform, order(into), never)).rejects.toMatchObject({ name: 'ChecksumError' });
    expect(readdirSync(folder)).toEqual([]);
    sampleDatabase(into, { rows: 7 });
    await expect(restore(platform, order(into, true), never)).rejects.toMatchObject({ name: 'ChecksumError' });
    expect(readdirSync(folder)).toEqual(['back.sqlite3']);
    expect(countRows(into)).toEqual({ person: 7, visit: 7 });
  });

  it('leaves the target alone and nothing behind when the dump is not what its scan says', async () => {
    const folder = temporaryFolder();
    const platform = Object.assign(await testPlatform({ rows: 5 }), { source: '' });
    platform.source = join(platform.folder, 'app.sqlite3');
    await published(platform, { bytes: readFileSync(sampleDatabase(join(platform.folder, 'other.sqlite3'), { rows: 6 })) });
    const restoring = restore(platform, order(join(folder, 'back.sqlite3')), never);
    await expect(restoring).rejects.toMatchObject({ name: 'SourceCorruptError', message: expect.stringMatching(/table person has 6 rows instead of 5/) });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves the target alone and nothing behind when it is stopped midway', async () => {
    const { platform, folder, into } = await prepare();
    const stopping = new AbortController();
    platform.log.progress = () => stopping.abort(new Error('stopped')); // at its first bytes
    await expect(restore(platform, order(into), stopping.signal)).rejects.toThrow('stopped');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused for a backup that is no more, and for one that never was', async () => {
    const { platform, into, dump } = await prepare(5);
    await expect(restore(platform, { ...order(into), backup: 'main-20261121_020000Z' }, never)).rejects.toMatchObject({ name: 'UnknownNameError' });
    flip(dump, -1);
    await expect(restore(platform, order(into), never)).rejects.toMatchObject({ name: 'ChecksumError' });
    expect(existsSync(into)).toBe(false);
  });
});
