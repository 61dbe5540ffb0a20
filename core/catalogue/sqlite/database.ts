import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { ConfigurationError, StorageFullError, StorageRefusedError } from '../../errors.ts';
import { DamagedCatalogueError } from '../damaged.ts';

/** Longest wait of a statement for another process that is writing, in milliseconds. */
const patienceMs = 10_000;

/** Steps, each of which takes the schema one version further; released steps are never changed. */
const migrations = [
  `CREATE TABLE run (id TEXT PRIMARY KEY, database TEXT NOT NULL, slot TEXT NOT NULL, status TEXT NOT NULL, record TEXT NOT NULL) STRICT;
   CREATE INDEX run_by_slot ON run (slot DESC, id DESC);
   CREATE TABLE lease (database TEXT PRIMARY KEY, run TEXT NOT NULL, ends TEXT NOT NULL) STRICT;
   CREATE TABLE backup (id TEXT PRIMARY KEY, database TEXT NOT NULL, slot TEXT NOT NULL, record TEXT NOT NULL) STRICT;
   CREATE INDEX backup_by_slot ON backup (slot DESC, id DESC);
   CREATE TABLE incident (number INTEGER PRIMARY KEY, database TEXT NOT NULL, kind TEXT NOT NULL, open INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
   CREATE UNIQUE INDEX open_incident ON incident (database, kind) WHERE open = 1;
   CREATE TABLE audit (sequence INTEGER PRIMARY KEY, subject TEXT NOT NULL, record TEXT NOT NULL) STRICT;
   CREATE INDEX audit_by_subject ON audit (subject, sequence DESC);
   CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
     BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
   CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
   CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;`,
  'CREATE TABLE standing (database TEXT PRIMARY KEY, version INTEGER NOT NULL, record TEXT NOT NULL) STRICT;',
  `-- the objects of a backup have names, which the versions before this could not read; incidents of the vault have no database
   UPDATE incident SET database = '' WHERE kind = 'sweep-failed';`,
  `-- a list reads what it gives, however many records there are
   CREATE INDEX IF NOT EXISTS run_of_database ON run (database, slot DESC, id DESC);
   CREATE INDEX IF NOT EXISTS run_of_status ON run (status, slot DESC, id DESC);
   CREATE INDEX IF NOT EXISTS run_of_database_and_status ON run (database, status, slot DESC, id DESC);
   CREATE INDEX IF NOT EXISTS backup_of_database ON backup (database, slot DESC, id DESC);
   CREATE INDEX IF NOT EXISTS incident_of_database ON incident (database, number);
   CREATE INDEX IF NOT EXISTS incident_that_is_open ON incident (number) WHERE open = 1;`,
];

/**
 * A SQLite file in WAL mode that several processes share. Throws ConfigurationError if a newer version has written it,
 * DamagedCatalogueError if a page of it is broken.
 */
export class CatalogueFile implements Disposable {
  readonly #database: DatabaseSync;
  readonly #path: string;
  /** Statements by their text, of which there are few. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#path = path;
    this.#database = this.#told(() => new DatabaseSync(path, { timeout: patienceMs }));
    try {
      this.#told(() => this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL'));
      // at once, and not when a backup first needs the broken page
      const found = String(Object.values(this.row('PRAGMA integrity_check(1)') ?? {})[0]);
      if (found !== 'ok') throw new DamagedCatalogueError(path, found.replaceAll('\n', ' '));
      this.transaction(() => this.#migrate(path));
      this.#refuseBrokenRecords();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Runs `work` as one step that no other process can interrupt. */
  transaction<T>(work: () => T): T {
    return this.#told(() => {
      this.#prepared('BEGIN IMMEDIATE').run();
      try {
        const result = work();
        this.#prepared('COMMIT').run();
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** Returns the records that a query selects as its one column, parsed, and unchecked because only we write them. */
  records<T>(sql: string, ...values: SQLInputValue[]): T[] {
    const rows: unknown = this.#told(() => this.#prepared(sql, { asArrays: true }).all(...values));
    return (rows as [unknown][]).map(([record]) => this.parsed<T>(record));
  }

  /** Parses a record. */
  parsed<T>(record: unknown): T {
    try {
      return JSON.parse(String(record)) as T;
    } catch (error) {
      throw new DamagedCatalogueError(this.#path, 'a record is not JSON', { cause: error });
    }
  }

  row(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined {
    return this.#told(() => this.#prepared(sql).get(...values));
  }

  /** Carries out a statement. Returns the number of rows that it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#told(() => this.#prepared(sql).run(...values)).changes);
  }

  /** Prepares a statement once. A query gives its rows as arrays, which are made in half the time, or as objects. */
  #prepared(sql: string, { asArrays = false } = {}): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const prepared = this.#database.prepare(sql);
    prepared.setReturnArrays(asArrays);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /** Runs `work`, and turns SQLite's errors into ours. */
  #told<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw catalogueError(error, this.#path);
    }
  }

  /** Looks for bytes that changed inside a record, which SQLite takes for text. */
  #refuseBrokenRecords(): void {
    for (const table of ['run', 'backup', 'incident', 'standing', 'audit'])
      if (this.row(`SELECT 1 FROM ${table} WHERE NOT json_valid(record) LIMIT 1`) !== undefined)
        throw new DamagedCatalogueError(this.#path, `a record of the table ${table} is not JSON`);
  }

  #migrate(path: string): void {
    const version = Number(this.row('PRAGMA user_version')?.user_version);
    if (version > migrations.length)
      throw new ConfigurationError(
        `${path} was written by a newer version of Sauvegarde (schema ${version}, this one knows ${migrations.length}); update Sauvegarde`,
      );
    for (const step of migrations.slice(version)) this.#database.exec(step);
    this.#database.exec(`PRAGMA user_version = ${migrations.length}`);
  }
}

/** Turns an error into ours by SQLite's primary result codes (https://www.sqlite.org/rescode.html). */
function catalogueError(error: unknown, path: string): unknown {
  const { errcode, message } = error as { errcode?: number; message: string };
  if (errcode === undefined) return error;
  const code = errcode & 0xff;
  if (code === 13) return new StorageFullError(`no space left for the catalogue ${path}`, { cause: error });
  if (code === 11 || code === 26) return new DamagedCatalogueError(path, message, { cause: error });
  if ([5, 8, 10, 14].includes(code)) return new StorageRefusedError(`the catalogue ${path} cannot be used: ${message}`, { cause: error });
  return error;
}
