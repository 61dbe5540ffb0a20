import { describe, expect, it } from 'vitest';
import { nextPiece } from '../../../../core/engines/postgres/statements.ts';
import { ToolFailedError } from '../../../../core/errors.ts';

/** The pieces of a script, then what is left over. */
function piecesOf(text: string): { pieces: string[]; left: string } {
  const script = Buffer.from(text);
  const pieces: string[] = [];
  let at = 0;
  for (let piece = nextPiece(script, at); piece; piece = nextPiece(script, at)) {
    pieces.push(script.toString('utf8', piece.start, piece.end));
    at = piece.end;
  }
  return { pieces, left: script.toString('utf8', at).trim() };
}

/** Each is one statement, however many semicolons it has. */
const statements = [
  'SELECT 1;',
  "SELECT ';', 'it''s ;';",
  String.raw`SELECT 'backslash \', ';';`,
  String.raw`SELECT E'\';', e'\\', E'it''s \' ;';`,
  String.raw`SELECT E'a''\';';`,
  String.raw`SELECT typE'\';`,
  'SELECT 1 AS "semi;colon", 2 AS "quo""te;";',
  `SELECT "it's;";`,
  "SELECT '\"', ';', '\"';",
  'SELECT $$;$$, $tag$; $$ ; $ta$ $tag$;',
  'SELECT $é_1$;$é_1$;',
  'SELECT a$1, b$$c FROM t;',
  'SELECT $1 + $2;',
  'SELECT 1 /* ; /* nested ; */ still ; */ + 2;',
  'SELECT 1 -- ; comment\n + 2;',
  "SELECT 1 - - 2 / 3 * 4, '--', '/*';",
  'CREATE RULE r AS ON INSERT TO t DO (INSERT INTO u VALUES (1); DELETE FROM v; );',
  'SELECT ) 1;',
];

describe('a statement ends at its own semicolon', () => {
  it.each(statements)('%s', (statement) => {
    expect(piecesOf(`\n${statement}\nSELECT 'next';\n`)).toEqual({ pieces: [statement, "SELECT 'next';"], left: '' });
  });

  it.each(statements)('and no beginning of it is one: %s', (statement) => {
    const bytes = Buffer.from(statement);
    for (let length = 0; length < bytes.length; length++) expect(nextPiece(bytes.subarray(0, length), 0)).toBeUndefined();
    expect(nextPiece(bytes, 0)).toEqual({ kind: 'statement', start: 0, end: bytes.length });
  });
});

it.each([
  ['-- a comment; with SQL', 'line'],
  ['\\restrict key', 'line'],
  ['\\.', 'line'],
  ['/* a comment */ SELECT 1;', 'statement'],
])('%s is a %s', (text, kind) => {
  const piece = nextPiece(Buffer.from(` \r\n\t${text}\n`), 0);
  expect(piece).toEqual({ kind, start: 4, end: 4 + text.length });
});

it('a line is whole only with its line feed', () => {
  expect(nextPiece(Buffer.from('-- no line feed'), 0)).toBeUndefined();
});

it.each([
  ['SELECT 1 \\! touch /tmp/x\n;'],
  ['SELECT 1 \\g /tmp/x\n'],
  ['SELECT (\\copy t from x\n);'],
  ['CREATE TABLE t ();\\i /etc/passwd SELECT 1;\n'.replace(';\\', ' \\')],
  ['SELECT $1\\;'],
])('a psql command inside a statement is refused: %j', (text) => {
  expect(() => piecesOf(text)).toThrow(ToolFailedError);
});
