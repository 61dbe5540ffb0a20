import { openForeign } from './foreign-file.ts';

/**
 * Drops everything but these tables, with their indexes and triggers, from a file that is our own. The rows of the
 * others are overwritten with zeros: nothing of them leaves with the file.
 */
export function narrow(file: string, tables: readonly string[]): void {
  using database = openForeign(file);
  database.exec('PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON');
  const entries = database
    .prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'table') ORDER BY type DESC, sql LIKE 'CREATE VIRTUAL %' DESC")
    .all();
  for (const { type, name } of entries as { type: string; name: string }[]) {
    if (name.startsWith('sqlite_') || (type === 'table' && tables.includes(name))) continue;
    // a virtual table takes its own tables with it
    database.exec(`DROP ${type} IF EXISTS "${name.replaceAll('"', '""')}"`);
  }
}
