/** A name as SQL has it, whatever it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string as SQL has it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Statements as a script. */
export async function* textOf(statements: string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${statements.join('\n')}\n`);
}

/** What psql complained of, line by line; places in a script that only we have seen are left out: `psql:<stdin>:12: ERROR:  … at character 3`. */
export function linesOf(complaint: string): string[] {
  return complaint
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^psql:<stdin>:\d+: +/, '').replace(/ at character \d+$/, ''));
}
