import { createHash } from 'node:crypto';

/** A CHECK that a CREATE TABLE or CREATE DOMAIN contains, or the expression of a generated column. */
export interface CheckClause {
  name: string;
  /** Statement that adds the same CHECK later, without its final semicolon; empty for an expression. */
  adding: string;
  /** SHA-256 of that statement with its semicolon, or of the one that empties the expression. It names the clause. */
  digest: string;
  /** Place in the CREATE, with the comma that separates it from another entry. */
  start: number;
  end: number;
}

const word = '(?:"(?:[^"]|"")*"|[^\\s".(),;]+)';
const creates = new RegExp(`^CREATE (?:UNLOGGED |FOREIGN )?(TABLE|DOMAIN) (${word}(?:\\.${word})?)`);
const check = new RegExp(`^\\s*CONSTRAINT (${word}) CHECK \\(`);
/** Strings, quoted names, brackets and commas; everything else is passed over. */
const token = /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[(),]/gs;

/** Finds the CHECKs inside a statement (bytes as Latin-1). pg_dump writes those of columns behind the columns too. */
export function clausesIn(create: string): CheckClause[] {
  const [, kind, of] = creates.exec(create) ?? [];
  if (kind === undefined || of === undefined) return [];
  return (kind === 'TABLE' ? entriesOf(create) : constraintsOf(create)).flatMap(({ start, end, text }) => {
    const name = check.exec(text)?.[1];
    if (name === undefined) return kind === 'TABLE' ? expressionIn(of, { start, text: create.slice(start, end) }) : [];
    const adding = `ALTER ${kind} ${of} ADD ${text.trim()}`;
    return [
      {
        name: name.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"'),
        adding,
        digest: createHash('sha256').update(`${adding};`, 'latin1').digest('hex'),
        start,
        end,
      },
    ];
  });
}

/** Finds the expression of a stored generated column, which stands behind its type. */
function expressionIn(of: string, { start, text }: { start: number; text: string }): CheckClause[] {
  const [before = '', column] = new RegExp(`^,?\\s*(${word}) [^(']*?(?: GENERATED ALWAYS AS \\()`).exec(text) ?? [];
  if (column === undefined || !text.includes(') STORED')) return [];
  const digest = createHash('sha256').update(`ALTER TABLE ${of} ALTER COLUMN ${column} SET EXPRESSION AS (NULL);`, 'latin1').digest('hex');
  const from = start + before.lastIndexOf(' GENERATED ALWAYS AS (');
  return [{ name: column, adding: '', digest, start: from, end: start + text.lastIndexOf(') STORED') + ') STORED'.length }];
}

/** Removes these clauses, named by their digests. Returns the rest, and the statements that would add them. */
export function withoutClauses(create: string, digests: ReadonlySet<string>): { statement: string; adding: string[] } {
  const clauses = digests.size === 0 || !creates.test(create) ? [] : clausesIn(create).filter(({ digest }) => digests.has(digest));
  const instead = (adding: string) => (adding === '' ? ' GENERATED ALWAYS AS (NULL) STORED' : '');
  const statement = clauses.reduceRight((text, { start, end, adding }) => text.slice(0, start) + instead(adding) + text.slice(end), create);
  return { statement: statement.replace(/^(CREATE [^(]*\()\s*,/, '$1'), adding: clauses.map(({ adding }) => adding) };
}

/** Splits the list of a CREATE TABLE. Every entry but the first begins with its comma. */
function entriesOf(create: string): { start: number; end: number; text: string }[] {
  const entries: { start: number; end: number; text: string }[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: piece, index } of create.matchAll(token)) {
    const closes = piece === ')' && depth === 1;
    if (depth === 1 && (piece === ',' || closes)) {
      const text = create.slice(start, index);
      entries.push({ start, end: index, text: text.replace(/^,/, '') });
      start = index;
    }
    if (closes) break;
    if (piece === '(' && depth++ === 0) start = index + 1;
    if (piece === ')') depth--;
  }
  return entries;
}

/** Splits a CREATE DOMAIN, whose constraints stand on lines of their own. */
function constraintsOf(create: string): { start: number; end: number; text: string }[] {
  const starts: number[] = [];
  let [depth, last] = [0, 0];
  const outside: [number, number][] = [];
  for (const { 0: piece, index } of create.matchAll(token)) {
    if (depth === 0 && piece !== ',') outside.push([last, index]);
    if (piece === '(') depth++;
    if (piece === ')') depth--;
    last = index + piece.length;
  }
  for (const [from, to] of outside) for (const { index } of create.slice(from, to).matchAll(/\n\tCONSTRAINT /g)) starts.push(from + index);
  return starts.map((start, at) => {
    const end = starts[at + 1] ?? create.lastIndexOf(';');
    return { start, end, text: create.slice(start, end) };
  });
}
