import { DatabaseSync } from 'node:sqlite';

/** Writes a database with a few tables of `rows` rows, closes it, and returns its path. */
export function sampleDatabase(path: string, { rows = 1000, mode = 'DELETE' }: { rows?: number; mode?: 'DELETE' | 'WAL' } = {}): string {
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = ${mode}; PRAGMA synchronous = OFF;
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note BLOB);
    CREATE TABLE visit (person INTEGER NOT NULL REFERENCES person (id), day TEXT NOT NULL, PRIMARY KEY (person, day)) WITHOUT ROWID;
    CREATE INDEX person_by_name ON person (name);
    BEGIN`);
  const person = database.prepare('INSERT INTO person VALUES (?, ?, ?)');
  const visit = database.prepare('INSERT INTO visit VALUES (?, ?)');
  for (let id = 1; id <= rows; id++) {
    person.run(id, `Person ${id} é`, id % 3 === 0 ? Buffer.from([0, id & 255, 255]) : null);
    visit.run(id, `2026-01-${String((id % 28) + 1).padStart(2, '0')}`);
  }
  database.exec('COMMIT');
  return path;
}

/** Counts the rows of each table, by SQLite. */
export function countRows(path: string): Record<string, number> {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return Object.fromEntries(
    tables.map(({ name }) => [String(name), Number(database.prepare(`SELECT count(*) AS rows FROM "${String(name).replaceAll('"', '""')}"`).get()?.rows)]),
  );
}
