import { DatabaseSync } from 'node:sqlite';
import { inspect } from '../../core/engines/sqlite/inspection.ts';

/** Counts the rows of each table by the scan. */
export function scannedRows(path: string): Record<string, number> {
  return Object.fromEntries(inspect(path, 'quick').scan.tables.map(({ name, rows }) => [name, rows]));
}

/** Counts the rows of each table that has pages of its own by SELECT. */
export function selectedRows(path: string): Record<string, number> {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0").all();
  return Object.fromEntries(
    ['sqlite_schema', ...tables.map(({ name }) => String(name))].map((name) => [
      name,
      // NOT INDEXED: the table itself, and not an index that covers it
      Number(database.prepare(`SELECT count(*) AS rows FROM "${name.replaceAll('"', '""')}" NOT INDEXED`).get()?.rows),
    ]),
  );
}
