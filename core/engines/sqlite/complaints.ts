import type { DatabaseSync } from 'node:sqlite';
import { type Entry, isVirtual, quoted } from './schema.ts';

/** A line of SQLite's own check. */
export interface Complaint {
  line: string;
  /** Table that was being checked, if it was checked by itself. */
  table?: string;
}

/** Largest number of lines of each check, so that a ruined file does not fill a report. */
const mostLines = 100;

/** The line, or error, of a check that met something that cannot be read, and does not say where. */
export const unreadable = 'database disk image is malformed';

/**
 * Has SQLite check the whole file, and then table by table if that ends early: at its first unreadable page, at a
 * collation or function of the application, or after many lines.
 */
export function complaintsOf(database: DatabaseSync, schema: readonly Entry[], pragma: string): { complaints: Complaint[]; unchecked: string[] } {
  const whole: Complaint[] = [];
  try {
    whole.push(...linesOf(database, `PRAGMA ${pragma}(${mostLines})`).map((line) => ({ line })));
    if (whole.length < mostLines && !whole.some(({ line }) => line === unreadable)) return { complaints: whole, unchecked: [] };
  } catch {
    // each table tells its own error
  }
  const complaints = whole.filter(({ line }) => line !== unreadable);
  const unchecked: string[] = [];
  for (const { name } of schema.filter(({ type }) => type === 'table')) {
    try {
      complaints.push(...linesOf(database, `PRAGMA ${pragma}(${quoted(name)})`).map((line) => ({ line, table: name })));
    } catch (error) {
      if (isCorrupt(error)) complaints.push({ line: (error as Error).message, table: name });
      else unchecked.push(`table ${name} could not be checked: ${(error as Error).message}`);
    }
  }
  return { complaints, unchecked };
}

/** Lists virtual tables without their module, which SQLite's own check skips silently. */
export function missingModules(database: DatabaseSync, schema: readonly Entry[]): string[] {
  return schema.filter(isVirtual).flatMap(({ name }) => {
    try {
      database.prepare(`SELECT 1 FROM ${quoted(name)}`);
      return [];
    } catch (error) {
      return isCorrupt(error) ? [] : [`virtual table ${name} could not be checked: ${(error as Error).message}`];
    }
  });
}

function linesOf(database: DatabaseSync, sql: string): string[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => String(Object.values(row)[0]))
    .filter((line) => line !== 'ok');
}

/** Returns true for SQLITE_CORRUPT (11) and SQLITE_NOTADB (26), extended codes included. */
export function isCorrupt(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && [11, 26].includes(code & 0xff);
}
