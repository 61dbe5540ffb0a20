import { expect, it } from 'vitest';
import { leftIn } from '../../../../support/engine-work.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { altered, type Dumped, mark, postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';
import { workWithout } from '../../../../support/server-without.ts';

const ordinary = `CREATE TABLE person (id integer PRIMARY KEY, name text); INSERT INTO person VALUES (1, 'Ada'), (2, 'Gr''ace'), (3, 'Barbara');
  CREATE TABLE visit (at date); INSERT INTO visit VALUES ('2026-01-01'); CREATE VIEW people AS SELECT name FROM person; CREATE SEQUENCE counter; SELECT nextval('counter'); SELECT lo_from_bytea(4711, 'bytes');`;

/** The rows of `pairs` would, taken for statements, delete others and swallow what follows; `checked` is there but its rows are refused. */
const withHstore = `${ordinary} CREATE EXTENSION hstore; CREATE TABLE pairs (p hstore, note text); INSERT INTO pairs VALUES ('a=>1', '; DELETE FROM public.after_it;'), ('b=>1', 'it''s $$ ( "');
  CREATE TABLE after_it (id integer); INSERT INTO after_it VALUES (1), (2); CREATE VIEW keys AS SELECT akeys(p) FROM pairs;
  CREATE FUNCTION looks(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN public.exist($1::public.hstore, 'a'); END $$; CREATE TABLE checked (t text CHECK (looks(t))); INSERT INTO checked VALUES ('a=>1');`;

let made: Promise<Dumped> | undefined;
const dumpedWithHstore = () => {
  made ??= dumped(withHstore);
  return made;
};

async function dumped(sql: string) {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  await query(server, sql, { database });
  return postgresDump(urlOf(server, database));
}

it(
  'leaves unproven what needs an extension that the scratch server does not have, and nothing else',
  async () => {
    const work = await workWithout('hstore');
    const finding = await postgresProof(await dumpedWithHstore(), work);
    expect(finding).toMatchObject({ differences: [], notes: ['not restored as it was: TABLE public.checked'] });
    const unproven = [
      'extension hstore could not be made: ERROR:  extension "hstore" is not available',
      'EXTENSION hstore: extension "hstore" is not available',
      'TABLE public.pairs: type "public.hstore" does not exist',
      'VIEW public.keys: relation "public.pairs" does not exist',
      'CHECK CONSTRAINT public.checked checked_t_check: type "public.hstore" does not exist; it calls public.looks(text)',
      'EXTENSION hstore could not be made here',
      'the rows of public.pairs came back equal, in columns of text: the table itself could not be made',
      'VIEW public.keys could not be made here',
    ];
    expect(new Set(finding.unproven)).toEqual(new Set(unproven));
    expect(finding.flaws).toEqual([]);
    expect(leftIn(work)).toEqual([]);
  },
  coldStart,
);

it(
  'refutes what is wrong elsewhere, and says which, although an extension is missing',
  async () => {
    const honest = await dumpedWithHstore();
    const work = await workWithout('hstore');
    const cases: [string, string, string][] = [
      ["2\tGr'ace\n", '', 'table public.person has 2 rows instead of 3'],
      ['2026-01-01', '2026-01-09', 'table public.visit has other contents in its 1 row'],
      ['"a"=>"1"', '"a"=>"2"', 'table public.pairs has other contents in its 2 rows'],
      ["'public.counter', 1, true", "'public.counter', 2, true", 'sequence public.counter stands at 2 instead of 1'],
      [mark, `DELETE FROM public.after_it WHERE id = 1;\n\n${mark}`, 'table public.after_it has 1 row instead of 2'],
    ];
    const misspelt = altered(honest, 'CREATE VIEW public.people', 'CREATE VEIW public.people');
    const { differences, flaws } = await postgresProof(
      cases.reduce((dump, [from, to]) => altered(dump, from, to), misspelt),
      work,
    );
    expect(differences).toHaveLength(cases.length);
    expect(flaws).toEqual([expect.objectContaining({ what: expect.stringContaining('VIEW public.people: syntax error') })]);
    for (const [, , difference] of cases) expect(differences).toContainEqual(expect.stringContaining(difference));
  },
  coldStart,
);

/** Each takes a superuser. */
const superusers: [string, string, string][] = [
  ['a function in C', "CREATE FUNCTION sounds(text) RETURNS text AS '$libdir/fuzzystrmatch', 'soundex' LANGUAGE c STRICT;", 'FUNCTION public.sounds(text)'],
  ['an internal function', "CREATE FUNCTION plus(integer, integer) RETURNS integer AS 'int4pl' LANGUAGE internal;", 'FUNCTION public.plus(integer, integer)'],
  [
    'a base type and a table of it',
    `CREATE TYPE own; CREATE FUNCTION own_in(cstring) RETURNS own AS 'int4in' LANGUAGE internal IMMUTABLE STRICT; CREATE FUNCTION own_out(own) RETURNS cstring AS 'int4out' LANGUAGE internal IMMUTABLE STRICT;
     CREATE TYPE own (INPUT = own_in, OUTPUT = own_out, LIKE = integer); CREATE TABLE owned (o own); INSERT INTO owned VALUES ('7');`,
    'TYPE public.own',
  ],
  [
    'an operator class',
    'CREATE OPERATOR CLASS ints FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer); CREATE INDEX special ON person (id ints);',
    'INDEX public.special',
  ],
  ['an operator family', 'CREATE OPERATOR FAMILY kin USING btree;', 'OPERATOR FAMILY public.kin'],
  [
    'a parser of texts',
    'CREATE TEXT SEARCH PARSER words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);',
    'TEXT SEARCH PARSER public.words',
  ],
  ['a template of dictionaries', 'CREATE TEXT SEARCH TEMPLATE plain (INIT = dsimple_init, LEXIZE = dsimple_lexize);', 'TEXT SEARCH TEMPLATE public.plain'],
  ['a cast without a function', 'CREATE CAST (bytea AS text) WITHOUT FUNCTION;', 'CAST CAST (bytea AS text)'],
  [
    'a language',
    "CREATE FUNCTION handler() RETURNS language_handler AS '$libdir/plpgsql', 'plpgsql_call_handler' LANGUAGE c; CREATE LANGUAGE mine HANDLER handler;",
    'PROCEDURAL LANGUAGE mine',
  ],
  [
    'an access method',
    'CREATE ACCESS METHOD pile TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE piled (id integer) USING pile; INSERT INTO piled VALUES (70007);',
    'ACCESS METHOD pile',
  ],
  ['a function that leaks nothing', 'CREATE FUNCTION discreet() RETURNS integer LEAKPROOF LANGUAGE sql RETURN 1;', 'FUNCTION public.discreet()'],
];

it(
  'leaves unproven what takes a superuser, compares everything else, and notes that rows are kept in another way',
  async () => {
    const honest = await dumped(`${ordinary} ${superusers.map(([, sql]) => sql).join(' ')}`);
    const finding = await postgresProof(honest);
    expect(finding).toMatchObject({ differences: [], notes: ['not restored: SET default_table_access_method = pile;'] });
    for (const [what, , object] of superusers) expect(finding.unproven, what).toContain(`${object} could not be made here`);
    expect(finding.unproven).toContainEqual(expect.stringMatching(/the rows of public\.owned came back equal, in columns of text/));
    expect(finding.unproven[0]).toMatch(/superuser|permission denied|must be owner/);
    const { differences } = await postgresProof(altered(altered(honest, "2\tGr'ace\n", ''), '\n70007\n', '\n'));
    expect(differences.toSorted()).toEqual(['table public.person has 2 rows instead of 3', 'table public.piled has 0 rows instead of 1']);
  },
  coldStart,
);

it('blames no generated column of the source for a dictionary whose file this server lacks', { timeout: coldStart }, async () => {
  const honest =
    await dumped(`CREATE TEXT SEARCH DICTIONARY brief (TEMPLATE = simple, STOPWORDS = english); CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple); ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR asciiword WITH brief;
    CREATE TABLE document (body text, words tsvector GENERATED ALWAYS AS (to_tsvector('public.plain', body)) STORED); INSERT INTO document VALUES ('the whole')`);
  expect(await postgresProof(honest)).toMatchObject({ differences: [], flaws: [], unproven: [] });
  const finding = await postgresProof(altered(honest, "stopwords = 'english'", "stopwords = 'of_our_own'"));
  expect(finding).toMatchObject({ differences: [], flaws: [] });
  for (const what of [/^GENERATED COLUMNS of public\.document:/, /^TEXT SEARCH DICTIONARY public\.brief: could not open stop-word file/])
    expect(finding.unproven).toContainEqual(expect.stringMatching(what));
});

it(
  'proves a foreign data wrapper with its servers, mappings and tables, and says that a subscription was left out',
  async () => {
    const sql = `CREATE EXTENSION postgres_fdw; CREATE FOREIGN DATA WRAPPER bare OPTIONS (debug 'true'); CREATE FOREIGN DATA WRAPPER handled HANDLER postgres_fdw_handler VALIDATOR postgres_fdw_validator;
      CREATE SERVER far FOREIGN DATA WRAPPER bare; CREATE SERVER farther FOREIGN DATA WRAPPER handled OPTIONS (host 'elsewhere.invalid');
      CREATE USER MAPPING FOR PUBLIC SERVER far; CREATE USER MAPPING FOR CURRENT_USER SERVER farther OPTIONS (user 'u'); CREATE FOREIGN TABLE remote (id integer) SERVER farther;
      CREATE SUBSCRIPTION feed CONNECTION 'host=elsewhere.invalid password=secret' PUBLICATION p WITH (connect = false, slot_name = NONE);`;
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, ordinary + sql, { database });
    const dump = await postgresDump(urlOf(server, database));
    await query(server, 'DROP SUBSCRIPTION feed', { database });
    expect(await postgresProof(dump)).toMatchObject({ differences: [], unproven: ['SUBSCRIPTION feed could not be made here'], notes: [] });
  },
  coldStart,
);
