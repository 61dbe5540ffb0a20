/**
 * Writes the statement that makes a table with columns of text, for rows whose own table cannot be made. Table and
 * columns are as a COPY writes them.
 */
export function textTable(table: string, columns: readonly string[]): string {
  return `CREATE TABLE ${table} (${columns.map((column) => `${column} text`).join(', ')});`;
}
