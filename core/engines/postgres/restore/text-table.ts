import { createHash } from 'node:crypto';

/**
 * Writes the statement that makes a table with columns of text, for rows whose own table cannot be made or does not
 * take them. Table and columns are as a COPY writes them.
 */
export function textTable(table: string, columns: readonly string[]): string {
  return `CREATE TABLE ${table} (${columns.map((column) => `${column} text`).join(', ')});`;
}

/** Digest that names a flaw: the rows of this table (as Latin-1) go into columns of text. */
export function textDigest(table: string): string {
  return createHash('sha256').update(`TABLE ${table} AS TEXT`, 'latin1').digest('hex');
}

const suffix = ' (as it was)';

/** Name under which a table is kept that does not take its rows. Names have at most 63 bytes. */
export function asItWas(table: string): string {
  const name =
    /(?:"(?:[^"]|"")*"|[^".]+)$/
      .exec(table)?.[0]
      .replace(/^"(.*)"$/s, '$1')
      .replaceAll('""', '"') ?? table;
  return `${name.slice(0, 20)}${suffix}`;
}

/** Returns true for the name, as a COPY writes it, of a table that was kept so. */
export function isAsItWas(table: string): boolean {
  return table.endsWith(`${suffix}"`);
}
