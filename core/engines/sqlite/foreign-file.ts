import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite';

/**
 * Opens a database file that others have made: its views, triggers, checks and generated columns call only functions that can do no harm, no statement spoils the file's format, and no library is loaded. Names of the file
 * come before SQLite's own table-valued pragmas, so ask by `PRAGMA`.
 */
export function openForeign(file: string | URL, options: DatabaseSyncOptions = {}): DatabaseSync {
  const database = new DatabaseSync(file, { ...options, allowExtension: false, defensive: true });
  database.exec('PRAGMA trusted_schema = OFF');
  return database;
}

/** Bytes of the database, which its file may have more or fewer of. */
export function sizeOf(database: DatabaseSync): number {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  const { page_size: bytes } = database.prepare('PRAGMA page_size').get() as { page_size: number };
  return pages * bytes;
}
