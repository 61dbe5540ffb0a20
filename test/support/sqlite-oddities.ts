import { DatabaseSync } from 'node:sqlite';

/**
 * Rewrites the SQL of an object as an application with collations, functions or modules of its own would have written
 * it; SQLite itself could not create it here. The object's contents stay.
 */
export function rewriteSchema(path: string, name: string, from: string, to: string): void {
  using database = new DatabaseSync(path, { defensive: false });
  database.exec('PRAGMA writable_schema = ON');
  const changed = database.prepare('UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = ? AND instr(sql, ?) > 0').run(from, to, name, from);
  if (Number(changed.changes) !== 1) throw new Error(`the schema has no ${name} with ${from}`);
}
