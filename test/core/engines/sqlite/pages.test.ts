import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { copy } from '../../../../core/engines/sqlite/copy.ts';
import { inspect } from '../../../../core/engines/sqlite/inspection.ts';
import { PageFile } from '../../../../core/engines/sqlite/pages.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { scannedRows, selectedRows } from '../../../support/row-counts.ts';

/** Makes a database with these statements and returns its path. */
function database(sql: string, name = 'app.sqlite3'): string {
  const path = join(temporaryFolder(), name);
  using made = new DatabaseSync(path);
  made.exec(sql);
  return path;
}

const numbers = (count: number) => `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
const mixture = `
  CREATE TABLE wide (id INTEGER PRIMARY KEY, text TEXT, data BLOB);
  CREATE TABLE keyed (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE blank (a, b);
  CREATE INDEX wide_by_text ON wide (text);
  ${numbers(700)} INSERT INTO wide SELECT i, 'row ' || i, CASE i % 40 WHEN 0 THEN randomblob(i * 40) END FROM n;
  ${numbers(900)} INSERT INTO keyed SELECT 'key ' || (i * 7919 % 900), zeroblob(i % 120) FROM n;`;

describe('the rows counted page by page', () => {
  it.each([512, 1024, 2048, 4096, 8192, 16384, 32768, 65536])('are those that SELECT counts, with pages of %i bytes', (size) => {
    const path = database(`PRAGMA page_size = ${size}; ${mixture}`);
    expect(readFileSync(path).readUInt16BE(16)).toBe(size === 65536 ? 1 : size);
    expect(scannedRows(path)).toEqual(selectedRows(path));
    expect(scannedRows(path)).toMatchObject({ wide: 700, keyed: 900, blank: 0 });
  });

  it.each([
    { what: 'a full auto-vacuum', sql: `PRAGMA auto_vacuum = FULL; ${mixture} DELETE FROM wide WHERE id % 3 = 0` },
    { what: 'an incremental auto-vacuum', sql: `PRAGMA auto_vacuum = INCREMENTAL; ${mixture} DELETE FROM wide WHERE id % 3 = 0; PRAGMA incremental_vacuum(5)` },
    {
      what: 'free pages of a dropped table',
      sql: `${mixture} DROP TABLE wide; CREATE TABLE wide (x); INSERT INTO wide SELECT key FROM keyed LIMIT 5; DROP TABLE keyed`,
    },
    { what: 'a VACUUM', sql: `${mixture} DELETE FROM keyed; VACUUM` },
    { what: 'UTF-16, little end first', sql: `PRAGMA encoding = 'UTF-16le'; ${mixture} INSERT INTO keyed VALUES ('é💾', 'ü')` },
    { what: 'UTF-16, big end first', sql: `PRAGMA encoding = 'UTF-16be'; ${mixture}` },
    {
      what: 'rowids at both ends and below zero',
      sql: `CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (9223372036854775807, 1), (-9223372036854775808, 2), (0, 3), (-1, 4), (1, 5), (127, 6), (128, 7), (-300, 8)`,
    },
    {
      what: 'generated columns',
      sql: `CREATE TABLE t (a INTEGER, b GENERATED ALWAYS AS (a * 2) STORED, c GENERATED ALWAYS AS (a || 'x') VIRTUAL); ${numbers(500)} INSERT INTO t (a) SELECT i FROM n`,
    },
    {
      what: 'STRICT tables',
      sql: `CREATE TABLE t (a INTEGER, b REAL, c TEXT, d BLOB, e ANY) STRICT; ${numbers(500)} INSERT INTO t SELECT i, i / 2.0, 'x', x'00ff', i FROM n`,
    },
    {
      what: 'full-text and r-tree indexes',
      sql: `CREATE VIRTUAL TABLE words USING fts5(text); CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1); ${numbers(800)} INSERT INTO words SELECT 'word ' || i FROM n; ${numbers(800)} INSERT INTO boxes SELECT i, i, i + 1 FROM n`,
    },
    {
      what: 'AUTOINCREMENT and ANALYZE',
      sql: `CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a); CREATE INDEX ta ON t (a); ${numbers(500)} INSERT INTO t (a) SELECT i % 9 FROM n; ANALYZE`,
    },
    {
      what: 'rows of NULLs alone',
      sql: `CREATE TABLE t (a); ${numbers(5000)} INSERT INTO t SELECT NULL FROM n; CREATE TABLE u (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID`,
    },
    {
      what: 'added and dropped columns',
      sql: `CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2); ALTER TABLE t ADD COLUMN c DEFAULT 'x'; INSERT INTO t VALUES (1, 2, 3); ALTER TABLE t DROP COLUMN b`,
    },
    { what: 'no table at all', sql: 'PRAGMA user_version = 7' },
    {
      what: 'awkward names of tables',
      sql: `${['with space', "it''s", '""quoted""', 'new\nline', '💾', 'select', '%s', '../x', 'Ω'].map((name) => `CREATE TABLE "${name.replaceAll("''", "'")}" (a); INSERT INTO "${name.replaceAll("''", "'")}" VALUES (1), (2);`).join('')}`,
    },
  ])('are those that SELECT counts, with $what', ({ sql }) => {
    const path = database(sql);
    expect(scannedRows(path)).toEqual(selectedRows(path));
    expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [], unchecked: [], notes: [] });
  });

  it('are those that SELECT counts, with a thousand tables', () => {
    const path = database(
      `BEGIN; ${Array.from({ length: 1000 }, (_, n) => `CREATE TABLE t${n} (a); INSERT INTO t${n} VALUES (${n}), ('x');`).join('')} COMMIT`,
    );
    const counts = scannedRows(path);
    expect(Object.keys(counts)).toHaveLength(1001);
    expect(counts).toEqual(selectedRows(path));
  });

  it('are those that SELECT counts, with bytes of each page reserved', () => {
    const path = withReservedBytes(`PRAGMA page_size = 1024; ${mixture}`, 40);
    expect(readFileSync(path).readUInt8(20)).toBe(40);
    expect(scannedRows(path)).toEqual(selectedRows(path));
    expect(scannedRows(path)).toMatchObject({ wide: 700, keyed: 900 });
  });
});

describe('the bytes read page by page', () => {
  // sizes around every place where a record begins to overflow, of a table and of an index, and one that fills the overflow pages exactly
  const sizes = [0, 1, 100, 400, 470, 480, 485, 900, 1000, 1005, 1010, 1015, 1020, 1025, 1500, 2037, 2040, 2043, 4000, 70_000, 50_000_000];
  it.each(sizes)('are every one of a record that holds %i', (size) => {
    const content = Buffer.alloc(size, 'the content of a record, ');
    const path = join(temporaryFolder(), 'app.sqlite3');
    {
      using made = new DatabaseSync(path);
      made.exec('PRAGMA page_size = 1024; PRAGMA synchronous = OFF; CREATE TABLE t (a); CREATE TABLE w (a PRIMARY KEY) WITHOUT ROWID');
      made.prepare('INSERT INTO t VALUES (?)').run(content);
      made.prepare('INSERT INTO w VALUES (?)').run(content);
    }
    // a record: the size of its header, the type of its one value (12 + twice the size of a blob), the value (file format, section 2.1)
    const type = varint(12 + 2 * size);
    const record = Buffer.concat([varint(1 + type.length), type, content]);
    const cell = (...before: Buffer[]) =>
      createHash('sha256')
        .update(Buffer.concat([varint(record.length), ...before, record]))
        .digest('hex');
    const [, t, w] = inspect(path, 'quick').scan.tables;
    expect(t).toEqual({ name: 't', rows: 1, bytes: record.length, sha256: cell(varint(1)) });
    expect(w).toEqual({ name: 'w', rows: 1, bytes: record.length, sha256: cell() });
  });

  it('stay the same in a copy, and in a database filled by the same statements', async () => {
    const sql = mixture.replaceAll('randomblob', 'zeroblob');
    const path = database(sql);
    await copy(path, `${path}.copy`);
    const { tables } = inspect(path, 'quick').scan;
    expect(inspect(`${path}.copy`, 'quick').scan.tables).toEqual(tables);
    expect(inspect(database(sql), 'quick').scan.tables).toEqual(tables);
  });

  it.each([
    { what: 'a value', sql: "UPDATE wide SET text = 'row 351' WHERE id = 350", table: 'wide' },
    { what: 'the type of a value', sql: "UPDATE keyed SET value = '1' WHERE key = 'key 8'", table: 'keyed' },
    { what: 'a rowid', sql: 'UPDATE wide SET id = 9999 WHERE id = 350', table: 'wide' },
    { what: 'NULL to an empty text', sql: "UPDATE wide SET data = '' WHERE id = 3", table: 'wide' },
    { what: 'the order of two values', sql: "UPDATE wide SET text = CASE id WHEN 1 THEN 'row 2' ELSE 'row 1' END WHERE id < 3", table: 'wide' },
    { what: 'a table', sql: 'ALTER TABLE blank ADD COLUMN c', table: 'sqlite_schema' },
  ])('differ when $what changes, in that table alone', async ({ sql, table }) => {
    const path = database(`${mixture} INSERT OR REPLACE INTO keyed VALUES ('key 8', 1)`);
    const before = inspect(path, 'quick').scan.tables;
    {
      using changed = new DatabaseSync(path);
      changed.exec(sql);
    }
    const after = inspect(path, 'quick').scan.tables;
    expect(after.filter(({ sha256 }, n) => sha256 !== before[n]?.sha256).map(({ name }) => name)).toEqual([table]);
  });

  it('differ when one bit of an overflow page changes', () => {
    const path = database("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(40000)); INSERT INTO t VALUES ('x')");
    const digest = () => {
      using pages = new PageFile(path);
      return pages.digest(2);
    };
    const before = digest();
    const bytes = readFileSync(path);
    bytes.writeUInt8(1, bytes.length - 2000);
    writeFileSync(path, bytes);
    expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [] }); // SQLite does not see it
    const after = digest();
    expect(after).toMatchObject({ rows: before.rows, bytes: before.bytes });
    expect(after.sha256).not.toBe(before.sha256);
  });
});

/** SQLite's variable-length integer, of what fits in four bytes. */
function varint(value: number): Buffer {
  const bytes = [value & 127];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 127) | 128);
  return Buffer.from(bytes);
}

/** Node's SQLite cannot be told to reserve bytes, but keeps what an empty database's header says. */
function withReservedBytes(sql: string, reserved: number): string {
  const path = database(`${sql.slice(0, sql.indexOf(';'))}; PRAGMA user_version = 1`);
  const bytes = readFileSync(path);
  bytes.writeUInt8(reserved, 20);
  bytes.writeUInt16BE(bytes.readUInt16BE(16) - reserved, 105); // where the cells of the empty schema begin
  writeFileSync(path, bytes);
  using made = new DatabaseSync(path);
  made.exec(sql);
  return path;
}
