import { creationOf, plainBeginning } from '../script/known-statements.ts';
import { identifier } from '../sql-text.ts';

/** A string, or a name with what follows it: a dot and another name, and after that a dot or a parenthesis. */
const token = /'(?:[^'\\]|\\.|'')*'|(`(?:[^`]|``)*`)(\.(?=`(?:[^`]|``)*`(\.`|\()?))?/gs;

/**
 * Adapts a statement to a database of another name. Servers write the database's own name into some definitions: before
 * a sequence in a table's default, before a function in a view, before the table of a column in a view that they could
 * not resolve, and MariaDB before every table of a view with JSON_TABLE. Text that users wrote, such as that of
 * triggers and routines, stays.
 */
export function renamed(statement: Buffer, from: string, to: string): Buffer {
  const [quoted, other] = [identifier(from), identifier(to)];
  if (from === to || !statement.includes(`${quoted}.`)) return statement;
  const kind = creationOf(plainBeginning(statement))?.kind;
  if (kind !== 'TABLE' && kind !== 'VIEW') return statement;
  const text = statement.toString('utf8');
  // in a view, a name of two parts may be a column after a table's name or alias
  const isAlias = kind === 'VIEW' && [...text.matchAll(token)].some(([, name, dot]) => name === quoted && dot === undefined);
  const adapted = text.replace(token, (whole, name?: string, dot?: string, following?: string) => {
    const isDatabase = name === quoted && dot !== undefined && (!isAlias || following !== undefined);
    return isDatabase ? `${other}.` : whole;
  });
  return Buffer.from(adapted);
}
