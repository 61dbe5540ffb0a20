import type { DatabaseSync } from 'node:sqlite';

/** An entry of `sqlite_schema`. */
export interface Entry {
  type: string;
  name: string;
  /** Table that it belongs to. */
  table: string;
  rootpage: number;
  sql: string;
}

/** Reads every entry, in the file's order. */
export function readSchema(database: DatabaseSync): Entry[] {
  return database
    .prepare('SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema')
    .all()
    .map(({ type, name, tbl_name: table, rootpage, sql }) => ({
      type: String(type),
      name: String(name),
      table: String(table),
      rootpage: Number(rootpage),
      sql: String(sql ?? ''),
    }));
}

const withoutRows = new Set(['index', 'view', 'trigger']);

/** Returns true for an entry with rows; an entry of an unknown type may have some. */
export function hasRows({ type, rootpage }: Entry): boolean {
  return rootpage > 0 && !withoutRows.has(type);
}

/** Lists the tables with rows, SQLite's own among them: every count of tables counts these. */
export function tablesIn(schema: readonly Entry[]): Pick<Entry, 'name' | 'rootpage'>[] {
  return [{ name: 'sqlite_schema', rootpage: 1 }, ...schema.filter(hasRows)];
}

export function isVirtual({ type, rootpage }: Entry): boolean {
  return type === 'table' && rootpage === 0;
}

/** Returns the module of a virtual table, in small letters. */
export function moduleOf({ sql }: Entry): string {
  return /\bUSING\s+["'`[]?(\w+)/i.exec(sql)?.[1]?.toLowerCase() ?? '';
}

/** Tables in which a module keeps what it can make again from its other contents, by their endings. */
const derivedEndings: Record<string, string[]> = {
  fts3: ['segments', 'segdir'],
  fts4: ['segments', 'segdir', 'docsize', 'stat'],
  fts5: ['data', 'idx', 'docsize'],
  rtree: ['rowid', 'parent'],
  rtree_i32: ['rowid', 'parent'],
  geopoly: ['rowid', 'parent'],
};

/** Returns false for a full-text index that keeps no text, so that nothing can be compared with it. */
export function keepsText({ sql }: Entry): boolean {
  return !/\bcontent\s*=\s*(''|""|,|\))/i.test(sql);
}

/**
 * Maps the tables whose contents a virtual table can make again to that virtual table. A full-text index that keeps no
 * text cannot.
 */
export function derivedTables(schema: readonly Entry[]): Map<string, Entry> {
  return new Map(
    schema
      .filter((entry) => isVirtual(entry) && keepsText(entry))
      .flatMap((entry) => (derivedEndings[moduleOf(entry)] ?? []).map((ending): [string, Entry] => [`${entry.name}_${ending}`, entry])),
  );
}

/** Quotes a name for SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
