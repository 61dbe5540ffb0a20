import { describe, expect, it } from 'vitest';
import { type Lost, lostFrom, SchemaText } from '../../../../../core/engines/postgres/script/definitions.ts';
import { PostgresScanner } from '../../../../../core/engines/postgres/script/scanner.ts';

const header = (name: string, type: string, owner = 'me', schema = 'public') =>
  `--\n-- Name: ${name}; Type: ${type}; Schema: ${schema}; Owner: ${owner}\n--\n\n`;
const table = (owner = 'me') => `${header('t', 'TABLE', owner)}CREATE TABLE public.t (a integer);\n\nALTER TABLE public.t OWNER TO ${owner};\n\n`;
const index = `${header('i', 'INDEX')}CREATE INDEX i ON public.t USING btree (a);\n\n`;
const view = (text: string) => `${header('v', 'VIEW')}CREATE VIEW public.v AS ${text};\n\n`;
const grant = `${header('TABLE t', 'ACL')}GRANT SELECT ON TABLE public.t TO x;\n\n`;
const comment = `${header('TABLE t', 'COMMENT')}COMMENT ON TABLE public.t IS 'private';\n\n`;
const rows = `${header('t', 'TABLE DATA').replace('Name', 'Data for Name')}COPY public.t (a) FROM stdin;\n1\n\\.\n\n`;
const mapping = `${header('USER MAPPING x SERVER s', 'USER MAPPING', 'me', '-')}CREATE USER MAPPING FOR x SERVER s OPTIONS (\n    password 'private'\n);\n\n`;

function lost(dump: string, restored: string, isSameVersion = true): Lost {
  const [one, other] = [dump, restored].map((text) => {
    const schema = new SchemaText();
    new PostgresScanner(schema).write(Buffer.from(text));
    return schema;
  });
  return lostFrom(one as SchemaText, other as SchemaText, isSameVersion);
}

const nothing: Lost = { objects: [], details: [] };

describe('nothing is lost', () => {
  it.each([
    ['in an equal dump', table() + index + grant, table() + index + grant],
    ['by another order', table() + index + view('SELECT 1'), view('SELECT 1') + index + table()],
    ['by more', table(), table() + index + grant],
    ['by other rows, which are compared elsewhere', table() + rows, table()],
    [
      'by another key, comment or order of settings',
      `\\restrict abc\n-- Dumped from database version 15.1\nSET a = 1;\nSET b = 2;\n${table()}SET a = 1;\n`,
      `\\restrict xyz\n-- Dumped from database version 18.0\nSET b = 2;\n${table()}SET b = 2;\nSET a = 1;\n`,
    ],
  ])('%s', (_, dump, restored) => expect(lost(dump, restored)).toEqual(nothing));
});

it.each<[string, string, string, Lost]>([
  ['an index', table() + index, table(), { objects: ['INDEX public.i'], details: [] }],
  ['one of two of the same name', index + index, index, { objects: ['INDEX public.i'], details: [] }],
  ['an owner', table('you'), table(), { objects: [], details: ['not restored: ALTER TABLE public.t OWNER TO you;'] }],
  ['a privilege', table() + grant, table(), { objects: [], details: ['not restored: GRANT SELECT ON TABLE public.t TO x;'] }],
  ['a comment, whose words are not told', table() + comment, table(), { objects: [], details: ['not restored as it was: COMMENT of TABLE public.t'] }],
  ['a table with all that belongs to it', table() + grant + comment, '', { objects: ['TABLE public.t'], details: [] }],
  [
    'a password, which is not told',
    mapping,
    mapping.replace('private', 'other'),
    { objects: [], details: ['not restored as it was: USER MAPPING USER MAPPING x SERVER s'] },
  ],
  ['a definition', view('SELECT 1'), view('SELECT 2'), { objects: [], details: ['not restored as it was: VIEW public.v'] }],
  ['a setting', `SET default_tablespace = fast;\n${table()}`, table(), { objects: [], details: ['not restored: SET default_tablespace = fast;'] }],
])('tells the loss of %s', (_, dump, restored, expected) => {
  expect(lost(dump, restored)).toEqual(expected);
});

it('does not hold the wording of one server version against that of another, but for what every version words alike', () => {
  expect(lost(view('SELECT t.a FROM t'), view('SELECT a FROM t'), false)).toEqual(nothing);
  expect(lost(view('SELECT 1') + index + grant, view('SELECT 1'), false)).toEqual({
    objects: ['INDEX public.i'],
    details: ['not restored: GRANT SELECT ON TABLE public.t TO x;'],
  });
});
