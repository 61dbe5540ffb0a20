import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../../../core/engines/sqlite/inspection.ts';
import { temporaryFolder } from '../../../support/folder.ts';

/** Makes a file by statements that may do what an application or a defect could have done, and no sound program does. */
function made(...statements: string[]): string {
  const path = join(temporaryFolder(), 'app.sqlite3');
  run(path, ...statements);
  return path;
}

function run(path: string, ...statements: string[]): void {
  for (const statement of statements) {
    using database = new DatabaseSync(path, { defensive: false, enableForeignKeyConstraints: false });
    database.exec('PRAGMA ignore_check_constraints = ON');
    database.exec(statement);
  }
}

/** Changes a definition without its contents. */
const redefined = (name: string, from: string, to: string) =>
  `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '${from.replaceAll("'", "''")}', '${to.replaceAll("'", "''")}') WHERE name = '${name}'`;

const text = "CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO doc VALUES (1, 'one two'), (2, 'three')";
const pairs = "CREATE TABLE pair (a, b); INSERT INTO pair VALUES (1, 2), (3, 4), ('x', 'y')";

/** Flaws whose remedy is a statement that mends them. */
const mended: { what: string; make: string[]; says: RegExp }[] = [
  {
    what: 'an FTS4 index of a text that was changed behind it',
    make: [`${text}; CREATE VIRTUAL TABLE find USING fts4(body, content=doc); INSERT INTO find(find) VALUES ('rebuild'); UPDATE doc SET body = 'other'`],
    says: /^full-text index find does not agree with its text/,
  },
  {
    what: 'an FTS3 index',
    make: ["CREATE VIRTUAL TABLE find USING fts3(body); INSERT INTO find VALUES ('one two')", "UPDATE find_content SET c0body = 'other'"],
    says: /^full-text index find does/,
  },
  {
    what: 'an FTS5 index',
    make: ["CREATE VIRTUAL TABLE find USING fts5(body); INSERT INTO find VALUES ('one two')", "UPDATE find_content SET c0 = 'other'"],
    says: /^full-text index find does/,
  },
  {
    what: 'an FTS5 index with broken blobs',
    make: ["CREATE VIRTUAL TABLE find USING fts5(body); INSERT INTO find VALUES ('one two')", "UPDATE find_data SET block = x'00' WHERE id > 1"],
    says: /^full-text index find does/,
  },
  {
    what: 'an FTS5 index whose name another begins with',
    make: [
      "CREATE VIRTUAL TABLE f USING fts5(body); CREATE VIRTUAL TABLE f2 USING fts5(body); INSERT INTO f2 VALUES ('one')",
      "UPDATE f2_content SET c0 = 'other'",
    ],
    says: /^full-text index f2 does/,
  },
  {
    what: 'an index over another column',
    make: [`${pairs}; CREATE INDEX by_a ON pair (a)`, redefined('by_a', '(a)', '(b)')],
    says: /^index by_a does not agree with its table pair$/,
  },
  {
    what: 'an index in the order of another collation',
    make: ["CREATE TABLE word (w); INSERT INTO word VALUES ('B'), ('a'); CREATE INDEX by_w ON word (w)", redefined('by_w', '(w)', '(w COLLATE NOCASE)')],
    says: /^index by_w does/,
  },
  {
    what: 'an index of a generated column',
    make: ['CREATE TABLE g (a, b AS (a + 1)); INSERT INTO g (a) VALUES (1); CREATE INDEX by_b ON g (b)', redefined('g', 'a + 1', 'a + 2')],
    says: /^index by_b does/,
  },
  { what: 'a partial index', make: [`${pairs}; CREATE INDEX some ON pair (a) WHERE b > 2`, redefined('some', 'b > 2', 'b > 0')], says: /^index some does/ },
  {
    what: 'an index that UNIQUE makes',
    make: ['CREATE TABLE u (a UNIQUE, b); INSERT INTO u VALUES (1, 2)', redefined('u', 'a UNIQUE, b', 'a, b UNIQUE')],
    says: /^index sqlite_autoindex_u_1 does/,
  },
  {
    what: 'an index with quotes in its name',
    make: [`${pairs}; CREATE INDEX "in ""d"" ex" ON pair (a)`, redefined('in "d" ex', '(a)', '(b)')],
    says: /^index in "d" ex does/,
  },
  {
    what: 'a view over a table that is gone',
    make: [`${pairs}; CREATE VIEW v AS SELECT a FROM gone`],
    says: /^view v does not work: no such table: main.gone/,
  },
  { what: 'a view of a column that is gone', make: [`${pairs}; CREATE VIEW v AS SELECT c FROM pair`], says: /^view v does not work: no such column: c/ },
  {
    what: 'an FTS5 index of a text that is gone',
    make: [
      "CREATE TABLE doc (body); CREATE VIRTUAL TABLE find USING fts5(body, content=doc); INSERT INTO find (rowid, body) VALUES (1, 'one')",
      'DROP TABLE doc',
    ],
    says: /^virtual table find does not work: no such table: main.doc/,
  },
  {
    what: 'a trigger that writes into a table that is gone',
    make: [
      `${pairs}; CREATE TRIGGER t AFTER INSERT ON pair BEGIN INSERT INTO gone VALUES (1); END; CREATE TRIGGER fine AFTER INSERT ON pair BEGIN SELECT 1; END`,
    ],
    says: /^a trigger of table pair does not work, so INSERT fails: no such table: main.gone/,
  },
  {
    what: 'a trigger for UPDATE of one column',
    make: [`${pairs}; CREATE TRIGGER t AFTER UPDATE OF b ON pair BEGIN DELETE FROM gone; END`],
    says: /so UPDATE fails/,
  },
  {
    what: 'a trigger of a view',
    make: [`${pairs}; CREATE VIEW v AS SELECT a FROM pair; CREATE TRIGGER t INSTEAD OF DELETE ON v BEGIN DELETE FROM gone; END`],
    says: /^a trigger of table v does not work, so DELETE fails/,
  },
  {
    what: 'a view that is no SQL',
    make: [`${pairs}; CREATE VIEW v AS SELECT a FROM pair`, redefined('v', 'SELECT', 'SELEKT')],
    says: /^the definition of v cannot be understood \(near "SELEKT"/,
  },
  {
    what: 'a trigger that is no SQL',
    make: [`${pairs}; CREATE TRIGGER t AFTER INSERT ON pair BEGIN DELETE FROM pair; END`, redefined('t', 'DELETE', 'DELEET')],
    says: /^the definition of t cannot be understood/,
  },
  {
    what: 'an index over a table that is gone',
    make: [`${pairs}; CREATE INDEX i ON pair (a)`, redefined('i', 'ON pair', 'ON gone')],
    says: /^the definition of i cannot be understood \(no such table/,
  },
  {
    what: 'values of a number kept as text',
    make: [pairs, redefined('pair', '(a, b)', '(a, b TEXT)')],
    says: /^rows of table pair have values of another type in column b/,
  },
];

/** Flaws whose remedy is a query that finds the rows. */
const found: { what: string; make: string[]; says: RegExp; rows: number }[] = [
  {
    what: 'no value where one must be',
    make: ['CREATE TABLE n (a, b); INSERT INTO n VALUES (1, NULL), (2, 3)', redefined('n', 'a, b', 'a, b NOT NULL')],
    says: /no value in column b, which is NOT NULL/,
    rows: 1,
  },
  {
    what: 'a value of another type in a STRICT table',
    make: ["CREATE TABLE s (a TEXT, b INT); INSERT INTO s VALUES ('x', 'y'), ('z', 1)", redefined('s', 'b INT)', 'b INT) STRICT')],
    says: /another type in column b/,
    rows: 1,
  },
  {
    what: 'a value against a CHECK',
    make: ["CREATE TABLE c (a CHECK (a <> ')'), b CHECK (b < 3 /* ) */)); INSERT INTO c VALUES (1, 4), (2, 2), (')', 1)"],
    says: /^rows of table c break a CHECK/,
    rows: 2,
  },
  {
    what: 'equal rows under a unique index',
    make: ['CREATE TABLE q (a, b); INSERT INTO q VALUES (1, 2), (1, 3); CREATE INDEX one ON q (a)', redefined('one', 'CREATE INDEX', 'CREATE UNIQUE INDEX')],
    says: /^index one is unique, but table q holds equal rows/,
    rows: 1,
  },
  {
    what: 'rows whose parent is missing',
    make: ['CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE child (p REFERENCES p); INSERT INTO child VALUES (1), (2), (NULL)'],
    says: /^2 rows of table child refer to rows that table p does not have$/,
    rows: 2,
  },
  {
    what: 'rows whose parent table is missing',
    make: ['CREATE TABLE child (p REFERENCES gone (id)); INSERT INTO child VALUES (1)'],
    says: /^1 row of table child refer/,
    rows: 1,
  },
];

const statementIn = (remedy: string) => /`([^`]+)`/.exec(remedy)?.[1] ?? '';

describe('a file with every row, but with', () => {
  it.each(mended)('$what, is flawed, and what is advised mends it', ({ make, says }) => {
    const path = made(...make);
    const { scan, damage, flaws, unchecked } = inspect(path, 'full');
    expect({ damage, flaws, unchecked }).toEqual({ damage: [], flaws: [{ what: expect.stringMatching(says), remedy: expect.any(String) }], unchecked: [] });
    run(path, statementIn(flaws[0]?.remedy ?? '').replace('writable_schema = RESET; VACUUM', 'writable_schema = RESET'), 'VACUUM');
    expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [], unchecked: [] });
    expect(scan.tables.length).toBeGreaterThan(0);
  });

  it.each(found)('$what, is flawed, and what is advised finds the rows', ({ make, says, rows }) => {
    const path = made(...make);
    const { damage, flaws } = inspect(path, 'full');
    expect({ damage, flaws }).toEqual({ damage: [], flaws: [{ what: expect.stringMatching(says), remedy: expect.any(String) }] });
    using database = new DatabaseSync(path);
    expect(database.prepare(statementIn(flaws[0]?.remedy ?? '')).all()).toHaveLength(rows);
  });

  it('an R-tree whose own tables disagree, is flawed', () => {
    const path = made(
      'CREATE VIRTUAL TABLE box USING rtree(id, low, high); INSERT INTO box VALUES (1, 2, 3), (2, 3, 4)',
      'DELETE FROM box_rowid WHERE rowid = 1',
    );
    expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [{ what: 'virtual table box (rtree) is not consistent' }] });
    run(path, 'DELETE FROM box_node');
    expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [{ what: 'virtual table box (rtree) is not consistent' }] });
  });

  it('a foreign key to columns that are not unique, is flawed', () => {
    const path = made('CREATE TABLE p (id); CREATE TABLE child (p REFERENCES p (id)); INSERT INTO child VALUES (1)');
    expect(inspect(path, 'full').flaws).toMatchObject([{ what: expect.stringMatching(/^the foreign keys of table child cannot work: foreign key mismatch/) }]);
  });

  it('a table without rowids in another order than its key, is flawed', () => {
    const path = made(
      "CREATE TABLE w (a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO w VALUES ('B', 1), ('a', 2)",
      redefined('w', 'a PRIMARY', 'a COLLATE NOCASE PRIMARY'),
    );
    expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [{ what: 'rows of table w are not in the order of its primary key' }] });
  });

  it('a table whose definition is no SQL, is flawed, and its rows are counted', () => {
    const path = made(`${pairs}; CREATE TABLE other (a); INSERT INTO other VALUES (1)`, redefined('pair', '(a, b)', '(a b c d(('));
    const { scan, damage, flaws } = inspect(path, 'full');
    expect(damage).toEqual([]);
    expect(flaws.map(({ what }) => what)).toEqual([expect.stringMatching(/^the definition of pair cannot be understood/)]);
    expect(scan.tables).toMatchObject([{ name: 'sqlite_schema' }, { name: 'pair', rows: 3 }, { name: 'other', rows: 1 }]);
  });

  it('free space that is not accounted for, is flawed, and VACUUM mends it', () => {
    const path = made('CREATE TABLE a (x); INSERT INTO a VALUES (randomblob(90000)); CREATE TABLE b (x); INSERT INTO b VALUES (1); DROP TABLE a');
    const bytes = readFileSync(path);
    bytes.writeUInt32BE(bytes.readUInt32BE(36) + 3, 36);
    writeFileSync(path, bytes);
    expect(inspect(path, 'full')).toMatchObject({
      damage: [],
      flaws: [{ what: expect.stringMatching(/belong to no table/), remedy: expect.stringContaining('VACUUM') }],
    });
  });

  it('a full-text index whose pages are broken, is flawed, and its text is read', () => {
    const path = made("CREATE VIRTUAL TABLE find USING fts5(body); INSERT INTO find VALUES ('one two')");
    using database = new DatabaseSync(path);
    const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'find_data'").get() as { rootpage: number };
    const bytes = readFileSync(path);
    bytes.writeUInt8(99, (rootpage - 1) * 4096);
    writeFileSync(path, bytes);
    const { scan, damage, flaws } = inspect(path, 'full');
    expect({ damage, flaws }).toMatchObject({ damage: [], flaws: [{ what: 'full-text index find does not agree with its text' }] });
    expect(scan.tables.map(({ name }) => name)).not.toContain('find_data');
    expect(scan.tables.find(({ name }) => name === 'find_content')).toMatchObject({ rows: 1 });
  });
});

describe('a file with rows that cannot be read is damaged:', () => {
  const word = "CREATE TABLE word (w); INSERT INTO word VALUES ('hello'), ('world'); CREATE INDEX by_w ON word (w)";
  const at = (bytes: Buffer) => bytes.indexOf('hello');
  it.each<[string, (bytes: Buffer) => void]>([
    ['a record that contradicts its header', (bytes) => bytes.writeUInt8(0x7f, at(bytes) - 1)],
    ['a rowid out of order', (bytes) => bytes.writeUInt8(9, at(bytes) - 3)],
    ['a table page of an unknown kind', (bytes) => bytes.writeUInt8(99, 4096)],
    ['fewer cells than the page holds', (bytes) => bytes.writeUInt8(1, 4096 + 4)],
  ])('%s', (_, change) => {
    const path = made(word);
    const bytes = readFileSync(path);
    // the table's page is written first; the index has the same text later
    change(bytes);
    writeFileSync(path, bytes);
    let damage: string[] = [];
    try {
      damage = inspect(path, 'quick').damage;
    } catch (error) {
      damage = [(error as Error).name];
    }
    expect(damage).not.toEqual([]);
  });

  it('two tables that share a page', () => {
    const path = made(
      `${word}; CREATE TABLE other (a); INSERT INTO other VALUES (1)`,
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'other'",
    );
    expect(() => inspect(path, 'quick')).toThrow('page 2 is used twice');
  });

  it('a full-text index without a text of its own', () => {
    const path = made("CREATE VIRTUAL TABLE find USING fts5(body, content=''); INSERT INTO find (rowid, body) VALUES (1, 'one two')");
    using database = new DatabaseSync(path);
    const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'find_data'").get() as { rootpage: number };
    const bytes = readFileSync(path);
    bytes.writeUInt8(99, (rootpage - 1) * 4096);
    writeFileSync(path, bytes);
    expect(() => inspect(path, 'quick')).toThrow('unknown page type');
  });
});

it('an FTS4 index that keeps no text has none to disagree with', () => {
  const path = made("CREATE VIRTUAL TABLE find USING fts4(body, content=''); INSERT INTO find (docid, body) VALUES (1, 'one two')");
  expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [], unchecked: [] });
});

it('two tables of one name are told apart', () => {
  const path = made(`${pairs}; CREATE TABLE other (a); INSERT INTO other VALUES (1)`, redefined('other', 'TABLE other', 'TABLE pair'));
  run(path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET name = 'pair', tbl_name = 'pair' WHERE name = 'other'");
  const { scan, damage, flaws } = inspect(path, 'full');
  expect(damage).toEqual([]);
  expect(flaws).toMatchObject([{ what: expect.stringMatching(/^the definition of pair cannot be understood/) }]);
  expect(scan.tables).toMatchObject([{}, { name: 'pair', rows: 3 }, { name: 'pair (2)', rows: 1 }]);
});

it('a map of pages that is wrong is about no row', () => {
  const path = made(
    'PRAGMA auto_vacuum = FULL; CREATE TABLE t (a); INSERT INTO t SELECT randomblob(500) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100) SELECT x FROM c)',
  );
  const bytes = readFileSync(path);
  bytes.fill(9, 4096 + 10, 4096 + 15);
  writeFileSync(path, bytes);
  expect(inspect(path, 'full')).toMatchObject({
    damage: [],
    flaws: [{ what: expect.stringMatching(/belong to no table/) }],
    scan: { tables: [{}, { rows: 100 }] },
  });
});

it('what only the application can run is not a flaw', () => {
  const path = made(`${pairs}; CREATE VIEW v AS SELECT own_function(a) FROM pair; CREATE TRIGGER t AFTER INSERT ON pair BEGIN SELECT own_function(1); END`);
  expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [], unchecked: [], notes: ['view v could not be tried: no such function: own_function'] });
});

it('triggers and views of a table that the application’s own functions check, compute and index are not flaws', () => {
  const path = made(pairs);
  const application = new DatabaseSync(path);
  application.function('own', { deterministic: true }, (value) => value);
  application.exec(`CREATE TABLE t (n INT, g INT AS (own(n)) STORED, v INT AS (own(n)), CHECK (own(n) > 0)); INSERT INTO t (n) VALUES (1); CREATE INDEX i ON t (own(n)); CREATE VIEW w AS SELECT v FROM t;
    CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE pair SET a = 1; END; CREATE TRIGGER b AFTER INSERT ON pair BEGIN INSERT INTO t (n) VALUES (2); END`);
  application.close();
  const { damage, flaws, unchecked, scan } = inspect(path, 'full');
  expect({ damage, flaws, unchecked }).toEqual({ damage: [], flaws: [], unchecked: ['table t could not be checked: unknown function: own()'] });
  expect(scan?.tables).toContainEqual(expect.objectContaining({ name: 't', rows: 1 }));
});

it('views that double each other are given up in a moment', () => {
  const doubling = Array.from({ length: 30 }, (_, n) => `CREATE VIEW v${n + 1} AS SELECT a FROM v${n} UNION ALL SELECT a FROM v${n}`);
  const path = made(`${pairs}; CREATE VIEW v0 AS SELECT a FROM pair; ${doubling.join('; ')}`);
  expect(inspect(path, 'full')).toMatchObject({ damage: [], flaws: [] });
});
