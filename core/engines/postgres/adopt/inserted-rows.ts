import { DumpMalformedError } from '../../../errors.ts';

/** INSERT as pg_dump writes it, as Latin-1. */
export interface Insertion {
  table: string;
  /** Columns as written, with their parentheses; missing if the INSERT names none. */
  columns?: string;
  /** Rows in COPY's text format, each with its line feed. */
  rows: string;
}

const name = '(?:"(?:[^"]|"")*"|[^\\s"().]+)';
const beginning = new RegExp(
  `^INSERT INTO (${name}(?:\\.${name})?)(?: (\\(${name}(?:, ${name})*\\)))?(?: OVERRIDING SYSTEM VALUE)? (?:(DEFAULT VALUES)|VALUES\\s+(?=\\())`,
);
const ending = /^(?: ON CONFLICT DO NOTHING)?;$/;
/** Values without quotes: numbers, bits, and the words for the others. */
const bare = /(?:NULL|DEFAULT|true|false|B'[01]*'|-?[0-9][0-9 +\-eE.]*)(?=[,)])/y;
const words: Record<string, string | undefined> = { NULL: '\\N', true: 't', false: 'f' };
const escapes: Record<string, string> = { '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };
// biome-ignore lint/suspicious/noControlCharactersInRegex: those that COPY escapes (documentation, COPY, File Formats)
const escaped = /[\\\x08-\x0d]/g;

/**
 * Reads an INSERT of pg_dump, whose literals hold what a COPY would: `dumpTableData_insert` of its source writes the
 * same texts. Generated columns, which are DEFAULT there, have no place in a COPY. Throws DumpMalformedError for any
 * other INSERT, such as one with an expression.
 */
export function insertedRows(statement: string): Insertion {
  const [whole, table, columns, defaults] = beginning.exec(statement) ?? [];
  if (whole === undefined || table === undefined) throw unknown(statement);
  const named = { table, ...(columns !== undefined && { columns }) };
  if (defaults !== undefined) {
    if (!ending.test(statement.slice(whole.length))) throw unknown(statement);
    return { ...named, rows: '\n' };
  }
  let rows = '';
  for (let at = whole.length; ; ) {
    const row = rowAt(statement, at);
    if (!row) throw unknown(statement);
    rows += `${row.values.join('\t')}\n`;
    const next = /^,\s*(?=\()/.exec(statement.slice(row.end, row.end + 20))?.[0];
    if (next !== undefined) at = row.end + next.length;
    else if (ending.test(statement.slice(row.end))) return { ...named, rows };
    else throw unknown(statement);
  }
}

/** Reads the row that begins with a parenthesis at `start`; undefined if it holds more than literals. */
function rowAt(statement: string, start: number): { values: string[]; end: number } | undefined {
  const values: string[] = [];
  for (let at = start + 1; ; at += 2) {
    const quoted = statement[at] === "'" ? textAt(statement, at) : undefined;
    bare.lastIndex = at;
    const plain = quoted ? undefined : bare.exec(statement)?.[0];
    if (quoted) values.push(quoted.value);
    else if (plain === undefined) return undefined;
    else if (plain !== 'DEFAULT') values.push(words[plain] ?? plain.replace(/^B'(.*)'$/, '$1'));
    at = quoted?.end ?? at + (plain?.length ?? 0);
    if (statement[at] === ')') return { values, end: at + 1 };
    if (statement[at] !== ',' || statement[at + 1] !== ' ') return undefined;
  }
}

/** Reads the text whose quote is at `start`. */
function textAt(statement: string, start: number): { value: string; end: number } | undefined {
  let end = start;
  do {
    end = statement.indexOf("'", end + 1);
    if (end < 0) return undefined;
  } while (statement[end + 1] === "'" && ++end);
  const text = statement.slice(start + 1, end).replaceAll("''", "'");
  return { value: text.replace(escaped, (each) => escapes[each] ?? each), end: end + 1 };
}

function unknown(statement: string): DumpMalformedError {
  return new DumpMalformedError(`it has an INSERT that pg_dump does not write: ${statement.slice(0, 60)}`);
}
