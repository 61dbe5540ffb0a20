import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { copy } from '../../../../core/engines/sqlite/copy.ts';
import { openTolerantly } from '../../../../core/engines/sqlite/foreign-file.ts';
import { inspect } from '../../../../core/engines/sqlite/inspection.ts';
import { SauvegardeError } from '../../../../core/errors.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { request, testPlatform } from '../../../support/platform.ts';
import { flip } from '../../../support/stored-dump.ts';

const never = new AbortController().signal;
const pageSize = 1024;

/** Interior and leaf pages of a table, an index and a WITHOUT ROWID table, and overflow pages. */
function specimen(path: string, mode: 'DELETE' | 'WAL' = 'DELETE'): string {
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = ${mode}; PRAGMA synchronous = OFF;
    CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL, more BLOB);
    CREATE INDEX word_by_text ON word (text);
    CREATE TABLE pair (one TEXT PRIMARY KEY, other) WITHOUT ROWID;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO word SELECT i, 'the word number ' || i, CASE WHEN i % 50 = 0 THEN randomblob(3000) END FROM n;
    INSERT INTO pair SELECT text || ' of pairs', id FROM word;
    CREATE TABLE last (value BLOB);
    INSERT INTO last VALUES (randomblob(9000))`);
  return path;
}

/** The first page of a b-tree, and of which kind it is (https://www.sqlite.org/fileformat2.html#b_tree_pages). */
function rootOf(path: string, name: string): number {
  using database = new DatabaseSync(path, { readOnly: true });
  return Number(database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name)?.rootpage);
}

const kindOfPage = { 'an interior page': 5, 'a leaf page': 13, 'an index page': 2 };
/** The offset of the first page of a b-tree whose kind this is. */
function pageOfKind(path: string, root: number, kind: number): number {
  const bytes = readFileSync(path);
  let page = root;
  while (bytes.readUInt8((page - 1) * pageSize) !== kind) page = bytes.readUInt32BE((page - 1) * pageSize + 8); // its last child
  return (page - 1) * pageSize;
}

describe('a source that was cut short', () => {
  const cuts = [17, 99, 100, 1023, 1024, 1025, 0.25, 0.5, 0.9, -2048, -1024, -1023, -500, -1];
  it.each((['DELETE', 'WAL'] as const).flatMap((mode) => cuts.map((cut) => ({ mode, cut }))))('is refused ($mode, cut at $cut)', async ({ mode, cut }) => {
    const folder = temporaryFolder();
    const path = specimen(join(folder, 'app.sqlite3'), mode);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, cut < 0 ? whole.length + cut : cut < 1 ? whole.length * cut : cut));
    await expect(copy(path, join(folder, 'copy'))).rejects.toMatchObject({ name: 'SourceCorruptError' });
  });
});

describe('a source with a flipped byte', () => {
  it.each([
    { where: 'the page size', offset: 16, error: 'SourceCorruptError' },
    { where: 'the version needed to read it', offset: 19, error: 'SourceCorruptError' },
    { where: 'the size of the reserved space', offset: 20, error: 'SourceCorruptError' },
    { where: 'the number of pages', offset: 29, error: 'SourceCorruptError' },
    { where: 'the first page of the schema', offset: 100, error: 'SourceCorruptError' },
    { where: 'the first byte', offset: 0, error: 'SourceUnreadableError' },
  ])('in $where fails its run with a $error', async ({ offset, error }) => {
    const platform = await testPlatform({ folder: temporaryFolder() });
    flip(specimen(join(platform.folder, 'app.sqlite3')), offset);
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'FAILED', error });
    expect(await platform.vault.list('')).toEqual([]);
  });

  it.each(['an interior page', 'a leaf page'] as const)('in the head of %s of a table fails its run', async (page) => {
    const platform = await testPlatform({ folder: temporaryFolder() });
    const path = specimen(join(platform.folder, 'app.sqlite3'));
    flip(path, pageOfKind(path, rootOf(path, 'word'), kindOfPage[page]) + 3);
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'FAILED', error: 'SourceCorruptError' });
    expect(await platform.vault.list('')).toEqual([]);
  });

  it.each([
    { proof: 'every', where: 'the head of an index page', kind: 2 },
    { proof: 'off', where: 'the head of an index page', kind: 2 },
    { proof: 'every', where: 'the text of an index', kind: 10 },
    { proof: 'off', where: 'the text of an index', kind: 10 },
  ] as const)('in $where leaves every row, and the backup is flawed (proof: $proof)', async ({ proof, kind }) => {
    const platform = await testPlatform({ folder: temporaryFolder(), config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', proof } } } });
    const path = specimen(join(platform.folder, 'app.sqlite3'));
    const page = pageOfKind(path, rootOf(path, 'word_by_text'), kind);
    flip(path, kind === 2 ? page + 3 : readFileSync(path).indexOf('the word number', page) + 6, kind === 2 ? 0xff : 1);
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
    expect(await platform.catalogue.backups.get(end.name)).toMatchObject({ rows: 605, proof: { verdict: 'flawed' } });
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([
      { kind: 'backup-flawed', last: { error: { message: expect.stringContaining('index word_by_text does not agree with its table word') } } },
    ]);
  });

  it('anywhere ends in a typed error, or a copy whose every row can be read', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const whole = readFileSync(specimen(join(folder, 'whole.sqlite3')));
    const ends = { refused: 0, flawed: 0, sound: 0 };
    // every tenth byte of the header, then bytes all over the file, the same ones on every run
    const offsets = [...Array(10).keys()].map((n) => 16 + n * 8).concat([...Array(150).keys()].map((n) => 100 + ((n * 7919 * 37) % (whole.length - 100))));
    for (const offset of offsets) {
      const damaged = join(folder, `damaged-${offset}`);
      writeFileSync(damaged, whole);
      flip(damaged, offset);
      ends[await endOf(damaged, `${damaged}.copy`)] += 1;
    }
    expect(ends.refused).toBeGreaterThan(5);
    expect(ends.flawed).toBeGreaterThan(0);
    expect(ends.sound).toBeGreaterThan(0); // bytes inside a value, which are the source's own
  });
});

async function endOf(source: string, target: string): Promise<'refused' | 'flawed' | 'sound'> {
  let end: 'flawed' | 'sound' = 'sound';
  try {
    await copy(source, target);
    const [quick, full] = [inspect(target, 'quick'), inspect(target, 'full')];
    if (quick.damage.length + full.damage.length > 0) return 'refused';
    expect(full.unchecked, source).toEqual([]);
    if (full.flaws.length > 0) end = 'flawed';
  } catch (error) {
    expect(error, source).toBeInstanceOf(SauvegardeError);
    return 'refused';
  }
  using restored = openTolerantly(target);
  if (end === 'sound') expect(restored.prepare('PRAGMA integrity_check').all(), source).toEqual([{ integrity_check: 'ok' }]);
  for (const [table, rows] of Object.entries({ word: 300, pair: 300, last: 1 }))
    expect(restored.prepare(`SELECT * FROM ${table} NOT INDEXED`).all(), `${table} of ${source}`).toHaveLength(rows);
  return end;
}
