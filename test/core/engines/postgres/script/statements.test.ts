import { describe, expect, it } from 'vitest';
import { nextPiece } from '../../../../../core/engines/postgres/script/statements.ts';
import { DumpMalformedError } from '../../../../../core/errors.ts';
import { plainDump } from '../../../../support/postgres-dump.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { coldStart, serverVersions } from '../../../../support/programs.ts';

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
  'CREATE FUNCTION f() RETURNS integer BEGIN ATOMIC SELECT 1; SELECT 2; END;',
  'create or replace\n procedure p(a begin) language sql begin /* ; */ atomic -- END;\n END;',
  "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT CASE WHEN (a = 'END;') THEN CASE b WHEN 1 THEN 2 END ELSE 3 END; SELECT (CASE WHEN c THEN 1 END); END;",
  `CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT t."end", t."case;", 'END' AS ending, $$ END; $$, E'\\' END;' FROM "begin" bend; END;`,
  'CREATE FUNCTION f("end" integer) RETURNS integer BEGIN ATOMIC SELECT recase, "END"; END;',
];

it.each([
  'CREATE FUNCTION f() RETURNS begin LANGUAGE c;',
  'CREATE FUNCTION begin() RETURNS integer LANGUAGE sql RETURN 1;',
  'CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ BEGIN ATOMIC SELECT 1; $$;',
  'CREATE TABLE begin (atomic integer);',
  'CREATE VIEW v AS SELECT begin atomic FROM t;',
])('what only looks like a body ends at its semicolon: %s', (statement) => {
  expect(piecesOf(`${statement}\nSELECT 1;\n`).pieces).toEqual([statement, 'SELECT 1;']);
});

const bodies = `
  CREATE TABLE "end" ("case" integer, "END;" text, begin integer, atomic text);
  CREATE FUNCTION one(n integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC
    SELECT CASE WHEN n > 1 THEN CASE n WHEN 2 THEN length('END; CASE') END ELSE 3 END; SELECT 1 /* ; END; */; SELECT 2; END;
  CREATE FUNCTION two() RETURNS SETOF "end" LANGUAGE sql BEGIN ATOMIC
    INSERT INTO "end" VALUES (1, $$; END;$$, 2, E'\\\\ '' END;') RETURNING "case"; SELECT * FROM "end" AS "begin" WHERE ("case" = CASE WHEN begin > 1 THEN 1 END); END;
  CREATE PROCEDURE three() LANGUAGE sql BEGIN ATOMIC UPDATE "end" SET atomic = 'CASE' WHERE "END;" = ';'; DELETE FROM "end" WHERE begin = 1; SELECT setval('s', 5); END;
  CREATE PROCEDURE four() LANGUAGE sql BEGIN ATOMIC END;
  CREATE FUNCTION five() RETURNS integer LANGUAGE sql RETURN CASE WHEN true THEN 1 END;`;

it.each(serverVersions)(
  'PostgreSQL %i writes bodies that are each one statement',
  async (version) => {
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    await query(server, `CREATE SEQUENCE s; ${bodies}`, { database });
    const { pieces } = piecesOf((await plainDump(server, database)).toString());
    const routines = pieces.filter((piece) => /^CREATE (FUNCTION|PROCEDURE)/.test(piece));
    expect(routines.map((routine) => /public\.(\w+)/.exec(routine)?.[1]).sort()).toEqual(['five', 'four', 'one', 'three', 'two']);
    for (const routine of routines) expect(routine).toMatch(/\b(END|RETURN CASE[^;]*);$/);
    expect(pieces.filter((piece) => !/^(--|\\|[A-Z]+ )/.test(piece))).toEqual([]);
    expect(pieces.filter((piece) => /^(INSERT|UPDATE|DELETE|SELECT (?!pg_catalog))/.test(piece))).toEqual([]);
  },
  coldStart,
);

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
  expect(() => piecesOf(text)).toThrow(DumpMalformedError);
});
