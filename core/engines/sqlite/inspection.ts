import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Flaw } from '../../documents/flaw.ts';
import type { Scan, TableScan } from '../../documents/scan.ts';
import { SourceCorruptError } from '../../errors.ts';
import { complaintsOf, isCorrupt, missingModules } from './complaints.ts';
import { checkForeignKeys, compileDefinitions } from './definitions.ts';
import { openForeign, openTolerantly, sizeOf } from './foreign-file.ts';
import { BrokenPagesError, PageFile } from './pages.ts';
import { derivedTables, type Entry, isVirtual, readSchema, tablesIn } from './schema.ts';
import { brokenVirtual, judge, looseSpace } from './verdict.ts';

export interface Inspection {
  scan: Scan;
  /** Signs that rows of a table are missing or altered; none in a sound file. */
  damage: string[];
  /** Faults beside the rows, all of which can be read. */
  flaws: Flaw[];
  /**
   * Parts that the checks could not look at, because only the application has their collations, functions or modules.
   */
  unchecked: string[];
  /** Remarks on a sound file. */
  notes: string[];
}

/**
 * Counts and digests a database file to which nobody writes, and has SQLite check it: `quick` checks the structure of
 * every b-tree; `full` also checks each index against its table, values against their rules, foreign keys, views and
 * triggers. Throws SourceCorruptError if rows of a table cannot be read.
 */
export function inspect(file: string, depth: 'quick' | 'full'): Inspection {
  try {
    const malformed = malformedEntry(file, depth);
    using database = malformed ? openTolerantly(...where(file, depth)) : openForeign(...where(file, depth));
    database.exec('PRAGMA query_only = ON');
    const schema = readSchema(database);
    using pages = new PageFile(file);
    const { tables, broken } = digestsOf(file, pages, schema);
    const { complaints, unchecked } = complaintsOf(database, schema, depth === 'quick' ? 'quick_check' : 'integrity_check');
    const { damage, flaws } = judge(complaints, schema, pages, database);
    const found = { scan: scanOf(database, schema, tables), damage, unchecked };
    const all = [...(malformed?.flaws ?? []), ...broken, ...(malformed ? flaws.filter(({ what }) => what !== looseSpace) : flaws)];
    if (depth === 'quick') return { ...found, flaws: once(all), notes: [] };
    // a view may need an entry that SQLite does not know
    const compiled = malformed ? { flaws: [], notes: [] } : compileDefinitions(database, schema);
    return {
      ...found,
      flaws: once([...all, ...compiled.flaws, ...checkForeignKeys(database, schema)]),
      unchecked: [...(malformed?.unchecked ?? []), ...unchecked, ...missingModules(database, schema)],
      notes: compiled.notes,
    };
  } catch (error) {
    if (error instanceof BrokenPagesError || isCorrupt(error))
      throw new SourceCorruptError(`the database file is damaged: ${(error as Error).message}`, { cause: error });
    throw error;
  }
}

/**
 * Says how to open the file. A `quick` look makes no -wal and -shm beside a file marked for WAL; but SQLite checks
 * CHECK constraints only where it might write.
 */
function where(
  file: string,
  depth: 'quick' | 'full',
): [URL | string, { readOnly: boolean; enableForeignKeyConstraints: boolean; enableDoubleQuotedStringLiterals: boolean }] {
  const options = { enableForeignKeyConstraints: false, enableDoubleQuotedStringLiterals: true };
  if (depth === 'full') return [file, { ...options, readOnly: false }];
  return [new URL(`${pathToFileURL(file).href}?immutable=1`), { ...options, readOnly: true }];
}

/** Returns the first entry of the schema that SQLite cannot understand. No program can open the database with it. */
function malformedEntry(file: string, depth: 'quick' | 'full'): { flaws: Flaw[]; unchecked: string[] } | undefined {
  try {
    using database = openForeign(...where(file, depth));
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    const [, name = '', reason = 'unknown kind'] = /^malformed database schema \((.*?)\)(?: - (.*))?$/s.exec(message) ?? [];
    if (name === '') throw error;
    if (reason.startsWith('unsafe use of')) return { flaws: [], unchecked: [`${name} was not tried, since its definition could reach outside: ${reason}`] };
    const where = `name = '${name.replaceAll("'", "''")}'`;
    const flaw = {
      what: `the definition of ${name} cannot be understood (${reason}), so no program can open the database`,
      remedy: `With the command sqlite3: \`PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE ${where} AND type IN ('view', 'trigger', 'index'); PRAGMA writable_schema = RESET; VACUUM\`, then make it again. For a table, UPDATE its sql there instead`,
    };
    return { flaws: [flaw], unchecked: [] };
  }
}

/**
 * Digests every table. One that a virtual table can make again may be unreadable; it is left out. Throws
 * BrokenPagesError for any other.
 */
function digestsOf(file: string, pages: PageFile, schema: readonly Entry[]): { tables: TableScan[]; broken: Flaw[] } {
  const derived = derivedTables(schema);
  const all = tablesIn(schema);
  const digests = new Map(all.filter(({ name }) => !derived.has(name)).map(({ name, rootpage }) => [rootpage, { name, ...pages.digest(rootpage) }]));
  const broken: Flaw[] = [];
  using others = new PageFile(file);
  for (const { name, rootpage } of all) {
    const owner = derived.get(name);
    if (!owner) continue;
    try {
      digests.set(rootpage, { name, ...others.digest(rootpage) });
    } catch (error) {
      if (!(error instanceof BrokenPagesError)) throw error;
      broken.push(brokenVirtual(owner));
    }
  }
  return { tables: withNamesOfTheirOwn(all.flatMap(({ rootpage }) => digests.get(rootpage) ?? [])), broken };
}

/** Tells tables apart that have one name, in a schema that SQLite does not understand. */
function withNamesOfTheirOwn(tables: readonly TableScan[]): TableScan[] {
  const seen = new Map<string, number>();
  return tables.map((table) => {
    const times = (seen.get(table.name) ?? 0) + 1;
    seen.set(table.name, times);
    return times === 1 ? table : { ...table, name: `${table.name} (${times})` };
  });
}

function scanOf(database: DatabaseSync, schema: readonly Entry[], tables: TableScan[]): Scan {
  const objects: Record<string, number> = {};
  for (const entry of schema) {
    const kind = isVirtual(entry) ? 'virtual table' : entry.type;
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

/** Keeps one flaw of each kind and object. */
function once(flaws: readonly Flaw[]): Flaw[] {
  return [...new Map(flaws.map((flaw) => [flaw.what, flaw])).values()];
}
