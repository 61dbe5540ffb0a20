import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite';

/**
 * Opens a database file that others have made. Its views, triggers, checks and generated columns call only harmless
 * functions, no statement spoils the file's format, and no library is loaded. Use `PRAGMA` for questions: names in the
 * file hide SQLite's own table-valued pragmas.
 */
export function openForeign(file: string | URL, options: DatabaseSyncOptions = {}): DatabaseSync {
  const database = new DatabaseSync(file, { ...options, allowExtension: false, defensive: true });
  database.exec('PRAGMA trusted_schema = OFF');
  return database;
}

/**
 * Opens such a file although entries of its schema cannot be understood, which otherwise refuses every statement. The
 * other entries work; nothing can be written.
 */
export function openTolerantly(file: string | URL, options: DatabaseSyncOptions = {}): DatabaseSync {
  // "writable_schema" is what makes SQLite overlook those entries; a defensive connection would not take it
  const database = new DatabaseSync(file, { ...options, allowExtension: false, defensive: false });
  database.exec('PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA writable_schema = ON');
  database.enableDefensive(true);
  return database;
}

/** Returns the bytes of the database by its own count; its file may have more or fewer. */
export function sizeOf(database: DatabaseSync): number {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  const { page_size: bytes } = database.prepare('PRAGMA page_size').get() as { page_size: number };
  return pages * bytes;
}
