import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { copy } from '../../../../core/engines/sqlite/copy.ts';
import { sqliteEngine } from '../../../../core/engines/sqlite/engine.ts';
import { inspect } from '../../../../core/engines/sqlite/inspection.ts';
import { pathBelow } from '../../../../core/engines/sqlite/mount.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { dumpOf, piece, sqliteSource, testWork } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { mailsOf } from '../../../support/mail.ts';
import { holding } from '../../../support/other-process.ts';
import { request, testPlatform } from '../../../support/platform.ts';
import { countRows, sampleDatabase } from '../../../support/sqlite.ts';

const never = new AbortController().signal;

const unusable: { what: string; make: (path: string) => void; error: string; says: RegExp }[] = [
  { what: 'a missing file', make: () => undefined, error: 'SourceMissingError', says: /there is no file/ },
  { what: 'an empty file', make: (path) => writeFileSync(path, ''), error: 'SourceUnreadableError', says: /is empty \(0 bytes\)/ },
  { what: 'a directory', make: (path) => mkdirSync(path), error: 'SourceUnreadableError', says: /is a directory/ },
  { what: 'a named pipe', make: (path) => execFileSync('mkfifo', [path]), error: 'SourceUnreadableError', says: /is a special file/ },
  { what: 'a device', make: (path) => symlinkSync('/dev/zero', path), error: 'SourceUnreadableError', says: /is a special file/ },
  { what: 'a dangling link', make: (path) => symlinkSync(`${path}.gone`, path), error: 'SourceMissingError', says: /there is no file/ },
  { what: 'a text', make: (path) => writeFileSync(path, 'SQLite format 4\nhello'), error: 'SourceUnreadableError', says: /is not an SQLite database/ },
  { what: 'an encrypted database', make: (path) => writeFileSync(path, randomBytes(8192)), error: 'SourceUnreadableError', says: /is it encrypted/ },
  { what: 'a header alone', make: (path) => writeFileSync(path, 'SQLite format 3\0'), error: 'SourceCorruptError', says: /is damaged/ },
];

describe('a source that cannot be backed up', () => {
  it.each(unusable)('$what is a $error when it is copied and when it is examined', async ({ make, error, says }) => {
    const folder = temporaryFolder();
    const path = join(folder, 'app.sqlite3');
    make(path);
    await expect(copy(path, join(folder, 'copy'))).rejects.toMatchObject({ name: error, message: expect.stringMatching(says) });
    await expect(sqliteEngine.examine(sqliteSource(path), testWork())).rejects.toMatchObject({ name: error, message: expect.stringMatching(says) });
    expect(existsSync(join(folder, 'copy'))).toBe(false);
  });

  it('has a file where its folder should be', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'data'), '');
    await expect(dumpOf(join(folder, 'data', 'app.sqlite3'))).rejects.toMatchObject({ name: 'SourceMissingError' });
  });

  it('fails its run without a second try when a repeat cannot mend it, keeps nothing and tells the administrators', async () => {
    const platform = await testPlatform();
    writeFileSync(join(platform.folder, 'app.sqlite3'), 'not a database, but long enough to look at');
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'FAILED', error: 'SourceUnreadableError' });
    expect(platform.clock.slept).toEqual([]);
    expect(await platform.vault.list('')).toEqual([]);
    expect(await platform.catalogue.runs.get(end.name)).toMatchObject({ status: 'failed', attempts: 1 });
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('is never created by looking at it', async () => {
    const folder = temporaryFolder();
    await expect(dumpOf(join(folder, 'app.sqlite3'))).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a source on a network file system that is mounted here', () => {
  const pointless = { name: 'the access point' };

  it('in WAL mode is refused with the reason, whoever has it open, and nothing is written beside it', async () => {
    const folder = temporaryFolder();
    const file = sampleDatabase(join(folder, 'app.sqlite3'), { rows: 10, mode: 'WAL' });
    const refused = { name: 'SourceUnreadableError', message: expect.stringMatching(/share memory.*PRAGMA journal_mode = DELETE/) };
    const target = join(temporaryFolder(), 'copy');
    await expect(copy(file, target, { mounted: true })).rejects.toMatchObject(refused);
    expect(readdirSync(folder)).toEqual(['app.sqlite3']);
    using application = new DatabaseSync(file);
    application.exec('DELETE FROM visit');
    await expect(copy(file, target, { mounted: true })).rejects.toMatchObject(refused);
    application.exec('PRAGMA journal_mode = DELETE');
    await copy(file, target, { mounted: true });
    expect(countRows(target)).toEqual({ person: 10, visit: 0 });
  });

  it('is looked for below the mount, which a build has not, and which is told when nothing is in it', async () => {
    const folder = temporaryFolder();
    const missing = { name: 'SourceMissingError', message: expect.stringContaining('where the access point is mounted') };
    await expect(pathBelow({ ...pointless, folder }, 'app.sqlite3')).rejects.toMatchObject(missing);
    await expect(pathBelow({ ...pointless, folder: join(folder, 'gone') }, 'app.sqlite3')).rejects.toMatchObject(missing);
    await expect(pathBelow({ ...pointless, folder: '' }, 'app.sqlite3')).rejects.toMatchObject({
      name: 'OutOfTimeError',
      message: expect.stringMatching(/15 minutes of a function.*CodeBuild mounts EFS in privileged builds alone/),
    });
    writeFileSync(join(folder, 'other'), '');
    expect(await pathBelow({ ...pointless, folder }, 'app.sqlite3')).toBe(join(folder, 'app.sqlite3'));
  });
});

const awkward = [
  'with spaces',
  "quote's",
  'double"quote',
  'new\nline',
  'question?mode=memory',
  'hash#tag',
  'percent%20%zz',
  'file:app',
  '💾 é',
  '-dash',
  '[x]*;$HOME',
];

describe('a path with characters that mean something elsewhere', () => {
  it.each(awkward)('%j is copied and inspected, and nothing else is touched', async (name) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, name));
    const target = join(folder, name, `${name}.copy`);
    await copy(sampleDatabase(join(folder, name, name), { rows: 20, mode: 'WAL' }), target);
    expect(inspect(target, 'full')).toMatchObject({
      damage: [],
      unchecked: [],
      scan: { tables: [{ rows: 3 }, { name: 'person', rows: 20 }, { name: 'visit' }] },
    });
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('is dumped, and restored into a path like it', async () => {
    const folder = join(temporaryFolder(), awkward.join(''));
    mkdirSync(folder);
    const { bytes, scan } = await dumpOf(sampleDatabase(join(folder, awkward.join('')), { rows: 20 }));
    const into = join(folder, `${awkward.join('')}.back`);
    await sqliteEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date() }, testWork());
    expect(countRows(into)).toEqual({ person: 20, visit: 20 });
    expect(readdirSync(folder).sort()).toEqual([awkward.join(''), `${awkward.join('')}.back`]);
  });
});

describe('a symbolic link to a database', () => {
  it('is followed, also to a WAL that lies beside the file it leads to', async () => {
    const folder = temporaryFolder();
    const elsewhere = temporaryFolder();
    const file = sampleDatabase(join(elsewhere, 'real.sqlite3'), { rows: 30, mode: 'WAL' });
    await holding(file, "INSERT INTO person VALUES (31, 'only in the WAL', NULL)");
    symlinkSync(file, join(folder, 'app.sqlite3'));
    const { scan } = await dumpOf(join(folder, 'app.sqlite3'));
    expect(scan.tables.find(({ name }) => name === 'person')).toMatchObject({ rows: 31 });
    expect(readdirSync(folder)).toEqual(['app.sqlite3']);
  });
});
