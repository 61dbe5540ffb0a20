import { describe, expect, it } from 'vitest';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { UnknownOptions } from '../../../../../core/engines/postgres/restore/unknown-options.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { altered, type Dumped, dumpedFrom, mark, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

function unknown(...names: string[]): UnknownOptions {
  const options = new UnknownOptions();
  for (const name of names) options.learn(`ERROR:  unrecognized parameter "${name}"`);
  return options;
}

describe('options that a server does not know', () => {
  it.each([
    ['ERROR:  unrecognized parameter "pg_attver"', true],
    ['psql:<stdin>:7: ERROR:  unrecognized configuration parameter "new.setting"', true],
    ['ERROR:  unrecognized parameter namespace "column"', true],
    ['ERROR:  unrecognized publication parameter: "publish_more"', true],
    ['ERROR:  invalid option "fetch_more"', true],
    ['ERROR:  option "x" not recognized', true],
    ['ERREUR:  paramètre « pg_attver » non reconnu', true],
    ['psql:<stdin>:7: ERREUR:  paramètre de configuration « new.setting » non reconnu', true],
    ['ERREUR:  espace de nom du paramètre « column » non reconnu', true],
    ['ERREUR:  paramètre de publication non reconnu : « publish_more »', true],
    ['ERREUR:  option « fetch_more » invalide', true],
    ['ERREUR:  option « x » non reconnue', true],
    ['ERREUR:  option « x » fournie plus d’une fois', false],
    ['ERROR:  syntax error at or near "x"', false],
    ['ERROR:  option "x" provided more than once', false],
    ['', false],
  ])('are learnt from %j: %j', (complaint, isNew) => {
    const options = new UnknownOptions();
    expect(options.learn(complaint)).toBe(isNew);
    expect(options.learn(complaint)).toBe(false);
  });

  it('is asked in English, where the user may choose the language', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const dump = await dumpedFrom(server, 'CREATE TABLE t (a int)');
    const database = await newDatabase(server);
    const noting = `CREATE TABLE said (language text); CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.said VALUES (current_setting('lc_messages')); END $$;
      CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION note(); ALTER DATABASE ${database} SET lc_messages = 'POSIX'`;
    await query(server, noting, { database });
    await postgresEngine.restore(() => piece(dump.bytes), dump.scan, { into: urlOf(server, database), force: true, now: new Date() }, testWork());
    expect(await query(server, 'SELECT DISTINCT language FROM said', { database })).toBe('C');
  });

  it.each<[string, string | undefined]>([
    ['ALTER TABLE ONLY public.t ALTER COLUMN id SET (pg_attver=26458560);', undefined],
    [
      'ALTER TABLE ONLY public.t ALTER COLUMN id SET (n_distinct=-0.5, pg_attver=26458560);',
      'ALTER TABLE ONLY public.t ALTER COLUMN id SET (n_distinct=-0.5);',
    ],
    [
      "CREATE TABLE public.t (\n    pg_attver integer\n)\nWITH (pg_attver='1', fillfactor='70');",
      "CREATE TABLE public.t (\n    pg_attver integer\n)\nWITH (fillfactor='70');",
    ],
    ["CREATE TABLE public.t (\n    id integer\n)\nWITH (pg_attver='a,b(');", 'CREATE TABLE public.t (\n    id integer\n);'],
    [
      'CREATE INDEX i ON public.t USING btree (pg_attver) WITH (pg_attver=on) WHERE (pg_attver > 1);',
      'CREATE INDEX i ON public.t USING btree (pg_attver) WHERE (pg_attver > 1);',
    ],
    ["CREATE TABLE public.t (\n    id integer\n)\nWITH (toast.pg_attver='1');", 'CREATE TABLE public.t (\n    id integer\n);'],
    [
      "CREATE FOREIGN TABLE public.f (\n    a integer OPTIONS (pg_attver 'x')\n)\nSERVER s\nOPTIONS (\n    pg_attver 'x',\n    other 'y'\n);",
      "CREATE FOREIGN TABLE public.f (\n    a integer\n)\nSERVER s\nOPTIONS (other 'y');",
    ],
    ['SET pg_attver = 1;', undefined],
    [
      "CREATE FUNCTION public.f() RETURNS integer\n    LANGUAGE sql\n    SET pg_attver TO 'x'\n    SET search_path TO 'public'\n    AS 'SELECT 1';",
      "CREATE FUNCTION public.f() RETURNS integer\n    LANGUAGE sql\n    SET search_path TO 'public'\n    AS 'SELECT 1';",
    ],
    ["COMMENT ON TABLE public.t IS 'SET (pg_attver=1)';", "COMMENT ON TABLE public.t IS 'SET (pg_attver=1)';"],
    ['ALTER TABLE ONLY public.t ALTER COLUMN "SET (pg_attver)" SET DEFAULT 1;', 'ALTER TABLE ONLY public.t ALTER COLUMN "SET (pg_attver)" SET DEFAULT 1;'],
  ])('are left out of %j', (statement, left) => {
    expect(unknown('pg_attver').leftOutOf(statement)).toBe(left);
    expect(unknown('another').leftOutOf(statement)).toBe(statement);
  });
});

describe('a dump with options that no server knows', () => {
  const note = (name: string) => `the option ${name}, which the server does not know, was left out`;

  let made: Promise<Dumped> | undefined;
  const dumped = () => {
    made ??= newDump();
    return made;
  };

  async function newDump(): Promise<Dumped> {
    const sql = `CREATE TABLE simple (id int PRIMARY KEY, name text) WITH (fillfactor = 70); INSERT INTO simple VALUES (1, 'one'); CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'x.invalid');
      CREATE FUNCTION f() RETURNS integer LANGUAGE sql SET work_mem = '1MB' AS 'SELECT 1'; CREATE INDEX by_name ON simple (name) WITH (fillfactor = 80)`;
    return dumpedFrom(await postgresServer(18), sql);
  }

  const changes: [string, string, string][] = [
    [mark, `ALTER TABLE ONLY public.simple ALTER COLUMN id SET (pg_attver=26458560);\n\n${mark}`, 'pg_attver'],
    ["(fillfactor='70')", "(fillfactor='70', of_table='1')", 'of_table'],
    ["(fillfactor='80')", "(of_index='1')", 'of_index'],
    ["SET work_mem TO '1MB'", "SET of_function TO '1MB'", 'of_function'],
    ['SET row_security = off;', 'SET row_security = off;\nSET transaction_timeout_of_tomorrow = 0;', 'transaction_timeout_of_tomorrow'],
  ];

  it('is proven without them, and the proof says so', { timeout: coldStart }, async () => {
    const known = changes.slice(0, 4);
    const changed = known.reduce((dump, [from, to]) => altered(dump, from, to), await dumped());
    const { differences, unproven, notes } = await postgresProof(changed);
    expect({ differences, unproven }).toEqual({ differences: [], unproven: [] });
    for (const [, , name] of known) expect(notes).toContain(note(name));
  });

  it('is restored without them, and the restore says so', { timeout: coldStart }, async () => {
    const changed = changes.slice(0, 4).reduce((dump, [from, to]) => altered(dump, from, to), await dumped());
    const server = await postgresServer(18);
    const copy = await newDatabase(server);
    const target = { into: urlOf(server, copy), force: false, now: new Date() };
    const { notes } = await postgresEngine.restore(() => piece(changed.bytes), changed.scan, target, testWork());
    for (const [, , name] of changes.slice(0, 4)) expect(notes).toContain(note(name));
    expect(await query(server, 'SELECT name, f() FROM simple', { database: copy })).toBe('one|1');
  });
});
