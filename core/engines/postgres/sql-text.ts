/** Quotes a name for SQL, whatever it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a string for SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
