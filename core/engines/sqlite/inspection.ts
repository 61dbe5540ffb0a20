import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Scan } from '../../documents/scan.ts';
import { SourceCorruptError } from '../../errors.ts';
import { openForeign, sizeOf } from './foreign-file.ts';
import { BrokenPagesError, PageFile } from './pages.ts';

export interface Inspection {
  scan: Scan;
  /** Faults that SQLite's own checks found; none in a sound file. */
  faults: string[];
  /**
   * Parts that the checks could not look at, because only the application has their collations, functions or modules.
   */
  unchecked: string[];
  /** Remarks on a sound file. */
  notes: string[];
}

interface SchemaRow {
  type: string;
  name: string;
  rootpage: number;
}

/** Rows that break a rule of their own table. They are the source's own, no damage, and restore as they are. */
const brokenRule = /^(NULL value in|CHECK constraint failed in) /;

/** Largest number of faults of each check, so that a ruined file does not fill a report. */
const mostFaults = 20;

/**
 * Counts and digests a database file to which nobody writes, and has SQLite check it: `quick` checks the structure of
 * every b-tree; `full` also checks each index against its table, and foreign keys. Throws SourceCorruptError if the
 * file breaks the format.
 */
export function inspect(file: string, depth: 'quick' | 'full'): Inspection {
  try {
    // immutable: otherwise a file marked for WAL would get -wal and -shm files beside it
    using database = openForeign(new URL(`${pathToFileURL(file).href}?immutable=1`), { readOnly: true });
    const schema = database.prepare('SELECT type, name, rootpage FROM sqlite_schema').all() as unknown as SchemaRow[];
    const scan = scanOf(file, schema, database);
    return { scan, ...check(database, schema, depth) };
  } catch (error) {
    if (error instanceof BrokenPagesError) throw new SourceCorruptError(`the database file is damaged: ${error.message}`, { cause: error });
    if (corrupt(error)) throw new SourceCorruptError(`the database file is damaged: ${(error as Error).message}`, { cause: error });
    throw error;
  }
}

function scanOf(file: string, schema: SchemaRow[], database: DatabaseSync): Scan {
  using pages = new PageFile(file);
  const tables = [{ name: 'sqlite_schema', rootpage: 1 }, ...schema.filter(({ type, rootpage }) => type === 'table' && rootpage > 0)].map(
    ({ name, rootpage }) => ({ name, ...pages.digest(rootpage) }),
  );
  const objects: Record<string, number> = {};
  for (const { type, rootpage } of schema) {
    const kind = type === 'table' && rootpage === 0 ? 'virtual table' : type;
    if (kind !== 'table') objects[kind] = (objects[kind] ?? 0) + 1;
  }
  const version = String(database.prepare('SELECT sqlite_version() AS version').get()?.version);
  return {
    format: 'sauvegarde-scan',
    version: 1,
    engine: 'sqlite',
    product: { name: 'SQLite', version },
    size: sizeOf(database),
    tables,
    sequences: [],
    warnings: [],
    objects,
  };
}

function check(database: DatabaseSync, schema: SchemaRow[], depth: 'quick' | 'full'): Omit<Inspection, 'scan'> {
  const unchecked: string[] = [];
  const found = checkIntegrity(database, schema, depth, unchecked);
  const faults = found.filter((line) => !brokenRule.test(line));
  if (depth === 'full') unchecked.push(...missingModules(database, schema));
  const notes = [...found.filter((line) => brokenRule.test(line)), ...(depth === 'full' ? checkForeignKeys(database) : [])];
  return { faults, unchecked, notes };
}

/** Checks the whole file at once, or table by table if the application's own collations or functions prevent that. */
function checkIntegrity(database: DatabaseSync, schema: SchemaRow[], depth: 'quick' | 'full', unchecked: string[]): string[] {
  const pragma = depth === 'quick' ? 'quick_check' : 'integrity_check';
  try {
    return findings(database, `PRAGMA ${pragma}(${mostFaults})`);
  } catch (error) {
    if (corrupt(error)) throw error;
  }
  return schema
    .filter(({ type }) => type === 'table')
    .flatMap(({ name }) => {
      try {
        return findings(database, `PRAGMA ${pragma}(${quoted(name)})`);
      } catch (error) {
        if (corrupt(error)) throw error;
        unchecked.push(`table ${name} could not be checked: ${(error as Error).message}`);
        return [];
      }
    })
    .slice(0, mostFaults);
}

/** Lists virtual tables without their module, which SQLite's own check skips silently. */
function missingModules(database: DatabaseSync, schema: SchemaRow[]): string[] {
  return schema
    .filter(({ type, rootpage }) => type === 'table' && rootpage === 0)
    .flatMap(({ name }) => {
      try {
        database.prepare(`SELECT 1 FROM ${quoted(name)}`);
        return [];
      } catch (error) {
        if (corrupt(error)) throw error;
        return [`virtual table ${name} could not be checked: ${(error as Error).message}`];
      }
    });
}

function findings(database: DatabaseSync, sql: string): string[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => String(Object.values(row)[0]))
    .filter((line) => line !== 'ok');
}

/**
 * Counts rows whose parent is missing. They are the source's own, since SQLite enforces foreign keys only when asked
 * to: a note, no fault of the copy.
 */
function checkForeignKeys(database: DatabaseSync): string[] {
  try {
    const broken = new Map<string, number>();
    for (const { table, parent } of database.prepare('PRAGMA foreign_key_check').iterate()) {
      const rule = `table ${table} refer to rows that table ${parent} does not have`;
      broken.set(rule, (broken.get(rule) ?? 0) + 1);
    }
    return [...broken].map(([rule, rows]) => `${rows} rows of ${rule}`);
  } catch (error) {
    if (corrupt(error)) throw error;
    return [`foreign keys could not be checked: ${(error as Error).message}`];
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Returns true for SQLITE_CORRUPT (11) and SQLITE_NOTADB (26), extended codes included. */
function corrupt(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && [11, 26].includes(code & 0xff);
}
