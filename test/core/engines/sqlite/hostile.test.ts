import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { sqliteEngine } from '../../../../core/engines/sqlite/engine.ts';
import { openForeign } from '../../../../core/engines/sqlite/foreign-file.ts';
import { dumpOf, piece, sqliteSource, testWork } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { rewriteSchema } from '../../../support/sqlite-oddities.ts';

const endless = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT';

/** A file with tables, and what the SQL makes beside them. */
function file(sql: string): string {
  const path = join(temporaryFolder(), 'app.sqlite3');
  using database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec('CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)');
  database.exec("INSERT INTO person (name) VALUES ('Ada'), ('Grace')");
  database.exec(sql);
  return path;
}

/** What a check says, what a dump learns, what a proof shows, and what a restore leaves. */
async function everythingWith(path: string) {
  const { size, tables } = await sqliteEngine.examine(sqliteSource(path), testWork());
  const { bytes, scan } = await dumpOf(path);
  expect(tables).toBe(scan.tables.length);
  const proof = await sqliteEngine.prove(() => piece(bytes), scan, testWork());
  const into = join(temporaryFolder(), 'restored.sqlite3');
  const restored = await sqliteEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date() }, testWork());
  return { size, tables, scan, proof, restored };
}

it('views in the place of what a backup asks are never run', async () => {
  const views = `
    CREATE TABLE visit (person INTEGER REFERENCES person (id)); INSERT INTO visit VALUES (7), (8), (1);
    CREATE VIEW pragma_page_count AS ${endless} i AS page_count FROM n;
    CREATE VIEW pragma_page_size AS ${endless} i AS page_size FROM n;
    CREATE VIEW pragma_foreign_key_check AS ${endless} 'x' AS "table", 'y' AS parent FROM n;
    CREATE VIEW pragma_integrity_check AS ${endless} 'ok' FROM n`;
  const path = file(views);
  const { scan, proof, restored } = await everythingWith(path);
  expect(scan.size).toBe(statSync(path).size);
  expect(proof).toMatchObject({ differences: [], unproven: [], flaws: [{ what: '2 rows of table visit refer to rows that table person does not have' }] });
  expect(restored).toMatchObject({ rows: scan.tables.reduce((all, { rows }) => all + rows, 0) });
});

it('triggers, views, defaults and virtual tables of a file do nothing while it is backed up, proven and restored', async () => {
  const path = file(`
    CREATE TABLE log (what TEXT DEFAULT (hex(randomblob(4))));
    CREATE TRIGGER added AFTER INSERT ON person BEGIN INSERT INTO log VALUES ('added'); END;
    CREATE TRIGGER gone AFTER DELETE ON person BEGIN INSERT INTO log VALUES ('gone'); END;
    CREATE VIEW loading AS SELECT load_extension('./evil') AS x;
    CREATE VIEW dumping AS SELECT * FROM dbstat;
    CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words VALUES ('some words');
    CREATE VIRTUAL TABLE box USING rtree(id, low, high); INSERT INTO box VALUES (1, 2, 3);`);
  const { scan, proof } = await everythingWith(path);
  expect(proof).toMatchObject({
    differences: [],
    unproven: [],
    flaws: [],
    notes: [expect.stringContaining('unsafe use of load_extension()'), expect.stringContaining('unsafe use of virtual table')],
  });
  expect(scan.tables.find(({ name }) => name === 'log')).toMatchObject({ rows: 0 });
});

it.each([
  { where: 'a check', made: 'CREATE TABLE forged (a TEXT CHECK (abs(a) IS NOT 1))' },
  { where: 'a generated column', made: 'CREATE TABLE forged (a TEXT, b AS (abs(a)))' },
  { where: 'an index', made: 'CREATE TABLE other (a TEXT); CREATE INDEX forged ON other (abs(a))' },
])('a function that reaches outside is not run where $where of a forged file calls it, and the file is backed up', async ({ made }) => {
  const path = file(made);
  rewriteSchema(path, 'forged', 'abs(a)', 'load_extension(a)');
  const { proof } = await everythingWith(path);
  expect(proof).toMatchObject({ differences: [], flaws: [], unproven: [expect.stringContaining('unsafe use of load_extension')] });
});

it("SQLite's own functions in checks, columns and indexes are checked as ever", async () => {
  const path = file(`
    CREATE TABLE healthy (a TEXT CHECK (length(a) < 9 AND a LIKE 'a%' AND a GLOB '[a-z]*'), b REAL CHECK (sqrt(b) >= 0), c TEXT CHECK (json_valid(c)),
      d TEXT AS (json_extract(c, '$.x')) STORED, e TEXT AS (printf('%05d', b)), f TEXT AS (substr(upper(a), 1, 2) || coalesce(date(b), '')) VIRTUAL);
    INSERT INTO healthy (a, b, c) VALUES ('abc', 4, '{"x": 1}'), ('aa', 0, '[]');
    CREATE INDEX of_lower ON healthy (lower(a), json_extract(c, '$.x')); CREATE INDEX of_some ON healthy (f) WHERE round(b) > 1;`);
  const { proof } = await everythingWith(path);
  expect(proof).toMatchObject({ differences: [], unproven: [], notes: [] });
});

it('a foreign file is opened so that its schema is not trusted, its format is kept, and no library is loaded', () => {
  const path = file("CREATE VIEW unsafe AS SELECT rtreedepth(x'0000') AS depth");
  using database = openForeign(path);
  expect(() => database.prepare('SELECT * FROM unsafe').all()).toThrow('unsafe use of rtreedepth');
  database.exec('PRAGMA writable_schema = ON');
  expect(() => database.exec("UPDATE sqlite_schema SET sql = ''")).toThrow('may not be modified');
  expect(() => database.enableLoadExtension(true)).toThrow();
  expect(existsSync(`${path}-journal`)).toBe(false);
});
