import { DatabaseSync } from 'node:sqlite';

/** A sample of values that a dump must carry unchanged. */
const sample = `
  CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT, photo BLOB);
  INSERT INTO person (name, born, photo) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
    SELECT 'Zoë ' || n, date('1970-01-01', n || ' days'), randomblob(32) FROM n;
  CREATE TABLE visit (person INTEGER NOT NULL REFERENCES person (id), at TEXT NOT NULL, note TEXT, cost REAL, twice REAL AS (cost * 2) STORED, PRIMARY KEY (person, at)) WITHOUT ROWID;
  INSERT INTO visit (person, at, note, cost) SELECT id, datetime('2026-01-01', id || ' hours'), iif(id % 2 = 0, 'a quote '' and ),(', NULL), id / 4.0 FROM person WHERE id <= 500;
  CREATE INDEX person_by_name ON person (name COLLATE NOCASE);
  CREATE VIEW visitor AS SELECT name, at FROM person JOIN visit ON person.id = visit.person;
  CREATE TRIGGER visited AFTER INSERT ON visit BEGIN UPDATE person SET born = born WHERE id = new.person; END;
`;

/** Makes a database with a sample in a new file. */
export function makeSample(file: string): void {
  using database = new DatabaseSync(file);
  database.exec(sample);
}
