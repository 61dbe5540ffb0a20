import type { SQLInputValue } from 'node:sqlite';

/** A condition in SQL, and the values of its question marks. */
export type Condition = readonly [sql: string, ...values: SQLInputValue[]];

/**
 * Joins conditions to a clause. Those that are not asked for are left out, and not answered by "or nothing was asked":
 * SQLite finds no index for that, and a list of a hundred thousand records would read them all.
 */
export function where(...asked: (Condition | false)[]): { clause: string; values: SQLInputValue[] } {
  const conditions = asked.filter((each) => each !== false);
  return {
    clause: conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`,
    values: conditions.flatMap(([, ...values]) => values),
  };
}
