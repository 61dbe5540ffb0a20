import { tableText, withoutQuoted } from '../script/table-text.ts';
import { identifier } from '../sql-text.ts';

/** Part of a table's definition that is added after its rows. */
export interface LaterPart {
  /** Description for people: "UNIQUE KEY `k` (`a`)". */
  what: string;
  sql: string;
  /** Query that finds the rows that the part refuses, if it can be told. */
  finds: string | undefined;
}

export interface RelaxedTable {
  /** Statement that makes the table with its plain columns alone, which takes every row. */
  creation: string;
  /** Everything else, in the order in which it is added. */
  later: LaterPart[];
}

/** Statement before those of the later parts: they are added to rows as they are, and in no folder that they name. */
export const settingsOfRest = "SET SESSION foreign_key_checks = 0, SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_DIR_IN_CREATE'";

/** Beginning of the partitions, after a table's options: MySQL writes them in a comment. */
const partitions = /\n\s*(?:\/\*!\d+ )?(PARTITION BY .*?)(?: ?\*\/)?$/s;
/** A text or name, which is skipped, or the word. */
const counter = /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|( AUTO_INCREMENT\b)/gs;

/**
 * Takes a table's definition apart: first the columns that rows are written to, then the rest. So a table whose rows
 * its own definition refuses is filled all the same. Generated columns stay where rows name them, as MariaDB's do.
 * Returns undefined for what cannot be taken apart, such as tables with a period.
 */
export function relaxedTable(name: string, statement: string, { keepsGenerated = false } = {}): RelaxedTable | undefined {
  const text = tableText(statement);
  if (!text || text.others.some((other) => /^PERIOD /.test(other))) return undefined;
  const alter = `ALTER TABLE ${identifier(name)}`;
  const plain = text.columns.filter(({ isGenerated }) => keepsGenerated || !isGenerated);
  const columns = plain.map(({ definition }) => definition.replace(counter, (whole, word?: string) => (word === undefined ? whole : '')));
  const generated = text.columns.flatMap(({ name: column, definition, isGenerated }, index) => {
    const before = text.columns[index - 1];
    const place = before ? `AFTER ${identifier(before.name)}` : 'FIRST';
    return isGenerated && !keepsGenerated ? [{ what: `column ${column}`, sql: `${alter} ADD COLUMN ${definition} ${place}`, finds: undefined }] : [];
  });
  const counting = plain.filter(({ definition }) => / AUTO_INCREMENT\b/.test(withoutQuoted(definition)));
  const divided = partitions.exec(text.tail);
  const last = (other: string) => Number(/ FOREIGN KEY /.test(other));
  const others = [...text.others].sort((one, other) => last(one) - last(other));
  return {
    creation: `${text.head}\n${columns.map((each) => `  ${each}`).join(',\n')}\n${divided ? text.tail.slice(0, divided.index) : text.tail}`,
    later: [
      ...generated,
      ...others.map((other) => ({ what: other, sql: `${alter} ADD ${other}`, finds: queryFor(name, other) })),
      ...counting.map(({ name: column, definition }) => ({
        what: `AUTO_INCREMENT of ${column}`,
        sql: `${alter} MODIFY COLUMN ${definition}`,
        finds: undefined,
      })),
      ...(divided?.[1] === undefined ? [] : [{ what: 'partitions', sql: `${alter} ${divided[1]}`, finds: `${alter} CHECK PARTITION ALL` }]),
    ],
  };
}

/** Writes the query that finds duplicates under a unique key, or the rows that a CHECK refuses. */
function queryFor(table: string, part: string): string | undefined {
  const keys = /^(?:PRIMARY KEY|UNIQUE KEY (?:`(?:[^`]|``)+`)) \(((?:`(?:[^`]|``)+`(?:\(\d+\))?(?: (?:ASC|DESC))?,?)+)\)/.exec(part)?.[1];
  if (keys !== undefined) {
    const columns = keys.replace(/(`)\(\d+\)|(`) (?:ASC|DESC)/g, '$1$2');
    return `SELECT ${columns}, COUNT(*) FROM ${identifier(table)} GROUP BY ${columns} HAVING COUNT(*) > 1`;
  }
  const check = checkIn(part);
  return check === undefined ? undefined : `SELECT * FROM ${identifier(table)} WHERE NOT (${check})`;
}

/** Finds the condition of a CHECK in the definition of a column or a constraint. */
function checkIn(part: string): string | undefined {
  const start = withoutNames(part).search(/ CHECK \(/);
  if (start < 0) return undefined;
  const from = start + ' CHECK ('.length;
  let depth = 1;
  for (const { 0: found, index } of part.slice(from).matchAll(/'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|[()]/gs)) {
    if (found === '(') depth++;
    if (found === ')' && --depth === 0) return part.slice(from, from + index);
  }
  return undefined;
}

/** Blanks quoted texts and names, and keeps every place. */
function withoutNames(part: string): string {
  return part.replace(/'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/gs, (quoted) => '_'.repeat(quoted.length));
}

/** Writes the query that finds the rows of a table that any of its CHECKs refuses. */
export function refusedRows(name: string, statement: string): string | undefined {
  const text = tableText(statement);
  const checks = [...(text?.columns ?? []).map(({ definition }) => definition), ...(text?.others ?? [])].flatMap((part) => checkIn(part) ?? []);
  return checks.length === 0 ? undefined : `SELECT * FROM ${identifier(name)} WHERE NOT (${checks.join(') OR NOT (')})`;
}
