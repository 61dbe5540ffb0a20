import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { copy } from '../../../../core/engines/sqlite/copy.ts';
import { dumpOf } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { holding } from '../../../support/other-process.ts';
import { countRows, sampleDatabase } from '../../../support/sqlite.ts';

const shortPatience = 200;

describe('a source that another process has open', () => {
  it.each([
    { mode: 'DELETE', sql: 'BEGIN EXCLUSIVE' },
    { mode: 'WAL', sql: 'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM visit' },
  ] as const)('is a SourceLockedError when it stays locked ($mode)', async ({ mode, sql }) => {
    const folder = temporaryFolder();
    const file = sampleDatabase(join(folder, 'app.sqlite3'), { rows: 10, mode });
    const holder = await holding(file, sql);
    await expect(copy(file, join(folder, 'copy'), { patience: shortPatience })).rejects.toMatchObject({
      name: 'SourceLockedError',
      message: expect.stringContaining('0.2 s'),
    });
    expect(existsSync(join(folder, 'copy'))).toBe(false);
    await holder.kill();
    await copy(file, join(folder, 'copy'), { patience: shortPatience });
    expect(countRows(join(folder, 'copy'))).toEqual({ person: 10, visit: 10 });
  });

  it('is waited for', async () => {
    const file = sampleDatabase(join(temporaryFolder(), 'app.sqlite3'), { rows: 10 });
    const holder = await holding(file, 'BEGIN EXCLUSIVE; DELETE FROM visit');
    const dumping = dumpOf(file);
    setTimeout(() => holder.kill(), 700);
    expect((await dumping).scan.tables.map(({ rows }) => rows)).toEqual([3, 10, 10]);
  });

  it.each(['DELETE', 'WAL'] as const)('is dumped as it was last committed while a transaction is under way (%s)', async (mode) => {
    const file = sampleDatabase(join(temporaryFolder(), 'app.sqlite3'), { rows: 10, mode });
    await holding(file, 'BEGIN IMMEDIATE; DELETE FROM visit');
    expect((await dumpOf(file)).scan.tables.map(({ rows }) => rows)).toEqual([3, 10, 10]);
  });

  it('is dumped with what lies only in its WAL', async () => {
    const folder = temporaryFolder();
    const file = sampleDatabase(join(folder, 'app.sqlite3'), { rows: 10, mode: 'WAL' });
    const before = readFileSync(file);
    await holding(file, "PRAGMA wal_autocheckpoint = 0; INSERT INTO person VALUES (11, 'eleven', NULL); CREATE TABLE added AS SELECT id FROM person");
    const { bytes } = await dumpOf(file);
    expect(readFileSync(file).equals(before)).toBe(true); // so the rows are in the WAL alone
    writeFileSync(join(folder, 'restored'), bytes);
    expect(countRows(join(folder, 'restored'))).toEqual({ added: 11, person: 11, visit: 10 });
  });
});

describe('a source whose process was killed', () => {
  /** A database as a power cut in the middle of writing a transaction leaves it: changed pages in the file, the old ones in the journal. */
  async function withHotJournal(folder: string): Promise<string> {
    const file = sampleDatabase(join(folder, 'app.sqlite3'), { rows: 3000 });
    const writer = await holding(file, "PRAGMA cache_size = 10; PRAGMA cache_spill = 1; BEGIN; UPDATE person SET name = 'changed'; DELETE FROM visit");
    await writer.kill();
    return file;
  }

  it('is dumped as it was before the transaction, by its journal', async () => {
    const folder = temporaryFolder();
    const file = await withHotJournal(folder);
    expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
    copyFileSync(file, join(folder, 'without-journal'));
    const { bytes } = await dumpOf(file);
    writeFileSync(join(folder, 'restored'), bytes);
    expect(changedIn(join(folder, 'restored'))).toBe(0);
    expect(countRows(join(folder, 'restored'))).toEqual({ person: 3000, visit: 3000 });
    expect(changedIn(join(folder, 'without-journal'))).toBeGreaterThan(0); // so there was something to undo
  });

  it('is refused on a network file system, where nothing is written, and says what undoes the transaction', async () => {
    const folder = temporaryFolder();
    const file = await withHotJournal(folder);
    const before = [readFileSync(file), readFileSync(`${file}-journal`)];
    await expect(copy(file, join(folder, 'copy'), { mounted: true })).rejects.toMatchObject({
      name: 'SourceUnreadableError',
      message: expect.stringContaining('half a transaction of a program that was stopped'),
    });
    expect([readFileSync(file), readFileSync(`${file}-journal`)]).toEqual(before);
  });

  it('is dumped with every transaction that was committed to its WAL', async () => {
    const file = sampleDatabase(join(temporaryFolder(), 'app.sqlite3'), { rows: 10, mode: 'WAL' });
    const writer = await holding(file, "INSERT INTO person VALUES (11, 'committed', NULL); BEGIN; DELETE FROM visit");
    await writer.kill();
    expect((await dumpOf(file)).scan.tables.map(({ rows }) => rows)).toEqual([3, 11, 10]);
  });
});

function changedIn(file: string): number {
  using database = new DatabaseSync(file, { readOnly: true });
  return Number(database.prepare("SELECT count(*) AS rows FROM person NOT INDEXED WHERE name = 'changed'").get()?.rows);
}

it.each(['DELETE', 'WAL'] as const)('a copy keeps writers waiting only for so long, and in WAL mode not at all (%s)', async (mode) => {
  const folder = temporaryFolder();
  const file = join(folder, 'app.sqlite3');
  {
    using database = new DatabaseSync(file);
    database.exec(
      `PRAGMA page_size = 512; PRAGMA synchronous = OFF; PRAGMA journal_mode = ${mode}; CREATE TABLE large (a); INSERT INTO large VALUES (zeroblob(40000000))`,
    );
  }
  const copying = copy(file, join(folder, 'copy'), { patience: shortPatience, longestHold: 0 });
  if (mode === 'WAL') await copying;
  else await expect(copying).rejects.toMatchObject({ name: 'SourceUnreadableError', message: expect.stringContaining('PRAGMA journal_mode = WAL') });
});
