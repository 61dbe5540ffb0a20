import { describe, expect, it } from 'vitest';
import { ToolMissingError } from '../../../../core/errors.ts';
import { testWork, withTools } from '../../../support/engine-work.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { altered, type Dumped, dumpedFrom, judged, newRole, postgresDump, restored, restoredInto, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

/** Minors differ in the options that they know. */
const isOptionNote = (note: string) => /^the option \w+, which the server does not know, was left out$/.test(note);

const withFlaws = `CREATE TABLE limits (kind text PRIMARY KEY, top int); INSERT INTO limits VALUES ('x', 10);
  CREATE FUNCTION within(k text, n int) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT n <= top FROM public.limits WHERE kind = k $$;
  CREATE TABLE a_orders (kind text, n int, CONSTRAINT fits CHECK (within(kind, n) IS TRUE), CONSTRAINT positive CHECK (n > 0)); INSERT INTO a_orders VALUES ('x', 5);
  CREATE DOMAIN a_kind AS text CONSTRAINT listed CHECK (within(VALUE, 1) IS TRUE); CREATE TABLE a_kinds (k a_kind); INSERT INTO a_kinds VALUES ('x');
  CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int, parent int REFERENCES parent); SET session_replication_role = replica; INSERT INTO child VALUES (1, 99); RESET session_replication_role;
  CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)'; CREATE FUNCTION outer_one(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN plain($1); END';
  CREATE TABLE words (w text); CREATE INDEX by_outer ON words (outer_one(w)); INSERT INTO words VALUES ('A');
  CREATE FUNCTION price(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE TABLE stale (id int, p int GENERATED ALWAYS AS (price(id)) STORED); INSERT INTO stale VALUES (1), (2); CREATE OR REPLACE FUNCTION price(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 100';
  CREATE TABLE sound (id int PRIMARY KEY, note text DEFAULT 'x'); INSERT INTO sound VALUES (1, 'kept'); COMMENT ON TABLE sound IS 'sound'`;

it(
  'a database with constraints and indexes that no restore can make is flawed, each is named with what mends it, and every row is restored without them',
  async () => {
    const server = await postgresServer(18);
    const dump = await dumpedFrom(server, withFlaws);
    const { verdict, flaws, differences, unproven } = await judged(dump);
    expect({ verdict, differences, unproven }).toEqual({ verdict: 'flawed', differences: [], unproven: [] });
    const expected: [RegExp, RegExp][] = [
      [/CHECK CONSTRAINT public\.a_orders fits: .* calls public\.within\(text,integer\)|CHECK CONSTRAINT a_orders fits/, /NOT VALID/],
      [/CHECK CONSTRAINT .*a_kind listed/, /NOT VALID/],
      [/FK CONSTRAINT public\.child child_parent_fkey: .*violates foreign key/, /SELECT \* FROM public\.child AS c WHERE c\.parent IS NOT NULL AND NOT EXISTS/],
      [/INDEX public\.by_outer: function plain\(text\) does not exist/, /search_path/],
      [/^GENERATED COLUMNS of public\.stale: a restore computes other values than the source has stored/, /UPDATE public\.stale SET … = DEFAULT/],
    ];
    expect(flaws).toHaveLength(expected.length);
    for (const [what, remedy] of expected)
      expect(flaws).toContainEqual(expect.objectContaining({ what: expect.stringMatching(what), remedy: expect.stringMatching(remedy) }));
    const database = await restored(server, dump, flaws);
    expect(
      await query(server, 'SELECT (SELECT count(*) FROM a_orders), (SELECT count(*) FROM child), (SELECT count(*) FROM a_kinds), (SELECT note FROM sound)', {
        database,
      }),
    ).toBe('1|1|1|kept');
    await expect(query(server, "INSERT INTO a_orders VALUES ('x', 11)", { database })).rejects.toThrow('fits');
    // rows that are lost or altered refute it all the same
    const refuted = await judged(altered(altered(dump, '1\tkept\n', ''), 'x\t10', 'x\t11'));
    expect(refuted.differences.toSorted()).toEqual(['table public.limits has other contents in its 1 row', 'table public.sound has 0 rows instead of 1']);
  },
  coldStart,
);

it.each([18, 17] as const)(
  'what runs only later, or with the search path of the source, comes back with its rows, and is named, on %i',
  { timeout: coldStart },
  async (version) => {
    const server = await postgresServer(version);
    const role = await newRole(server);
    const sql = `ALTER ROLE ${role} SET search_path = app, public; CREATE SCHEMA app; CREATE FUNCTION app.hidden(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 4'; CREATE FUNCTION reads_app(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN hidden($1); END';
    SET search_path = app, public; CREATE TABLE public.h (n int, o int GENERATED ALWAYS AS (reads_app(n)) STORED); INSERT INTO h VALUES (5); RESET search_path; CREATE TABLE codes (c text); INSERT INTO codes VALUES ('a'); CREATE FUNCTION many(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT count(*)::int + $1 FROM public.codes';
    CREATE TABLE ab (n int, more int GENERATED ALWAYS AS (many(n)) STORED); INSERT INTO ab VALUES (1), (2);
    CREATE FUNCTION inner_one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1'; CREATE FUNCTION outer_one(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN inner_one($1); END';
    CREATE TABLE g (n int, o int GENERATED ALWAYS AS (outer_one(n)) STORED); INSERT INTO g VALUES (1), (2);
    CREATE FUNCTION fails(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END'; CREATE TABLE f (n int, o int GENERATED ALWAYS AS (fails(n)) STORED, m int); INSERT INTO f VALUES (1, DEFAULT, 7);
    CREATE OR REPLACE FUNCTION fails(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''never''; END'`;
    const dump = await dumpedFrom(server, sql);
    const { verdict, flaws, differences, unproven } = await judged(dump);
    expect({ verdict, differences, unproven }).toEqual({ verdict: 'flawed', differences: [], unproven: [] });
    expect(flaws).toEqual([
      expect.objectContaining({ what: expect.stringMatching(/^TABLE public\.ab: relation "public\.codes" does not exist/), comesBack: true }),
      expect.objectContaining({ what: expect.stringMatching(/^TABLE DATA public\.g: function inner_one\(integer\) does not exist/), comesBack: true }),
      expect.objectContaining({ what: expect.stringMatching(/^TABLE DATA public\.h: function hidden\(integer\) does not exist/), comesBack: true }),
      expect.objectContaining({ what: expect.stringMatching(/^GENERATED COLUMN public\.f\.o: never/) }),
      expect.objectContaining({ what: expect.stringMatching(/^GENERATED COLUMNS of public\.ab: a restore computes other values/) }),
    ]);
    const database = await restored(server, dump, flaws);
    const values = "SELECT (SELECT sum(n) FROM ab), (SELECT string_agg(o::text, ',') FROM g), (SELECT concat_ws(',', n, o, m) FROM f), (SELECT o FROM h)";
    expect(await query(server, values, { database })).toBe('3|2,3|1,7|9');
  },
);

it('rows whose table cannot be made, that their table does not take, or that do not fit their partition, come back and are named', {
  timeout: coldStart,
}, async () => {
  const server = await postgresServer(18);
  const sql = `CREATE EXTENSION hstore; CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER EXTENSION hstore ADD FUNCTION own();
    CREATE TABLE uses (id int DEFAULT own(), note text); INSERT INTO uses VALUES (1, E'a\\tb'), (NULL, '\\N'); CREATE INDEX ON uses (id); CREATE SEQUENCE low; SELECT setval('low', 500); UPDATE pg_sequence SET seqmax = 400 WHERE seqrelid = 'low'::regclass;
    CREATE FUNCTION amb(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE g (f regproc); INSERT INTO g VALUES ('public.amb'); CREATE FUNCTION amb(text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW over_g AS SELECT f FROM g;
    CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 (id int); INSERT INTO p1 VALUES (1), (2);
    ALTER TABLE p1 ADD CONSTRAINT k CHECK (id IS NOT NULL AND id = 1) NOT VALID; UPDATE pg_constraint SET convalidated = true WHERE conname = 'k'; ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1); ALTER TABLE p1 DROP CONSTRAINT k`;
  const dump = await dumpedFrom(server, sql);
  const { verdict, flaws, differences, unproven } = await judged(dump);
  expect({ verdict, differences }).toEqual({ verdict: 'flawed', differences: [] });
  for (const what of [
    /TABLE public\.uses: function public\.own\(\) does not exist/,
    /^TABLE ATTACH public\.p1: new row for relation "p1" violates partition constraint/,
    /^TABLE DATA public\.g: more than one function named "public\.amb"/,
  ])
    expect(flaws).toContainEqual(expect.objectContaining({ what: expect.stringMatching(what) }));
  expect(flaws).toContainEqual(
    expect.objectContaining({ what: expect.stringContaining('SEQUENCE SET public.low'), remedy: expect.stringContaining('it stands at 500') }),
  );
  expect(unproven).toContainEqual(expect.stringMatching(/the rows of public\.uses came back equal, in columns of text/));
  expect(flaws).toHaveLength(4);
  expect((await judged(altered(dump, '\n1\ta', '\n2\ta'))).differences).toEqual(['table public.uses has other contents in its 2 rows']);
  const database = await restored(server, dump, flaws);
  expect(await query(server, "SELECT count(*) FROM uses WHERE (id, note) = ('1', E'a\\tb') OR note = '\\N'", { database })).toBe('2');
  expect(await query(server, "SELECT (SELECT string_agg(id::text, ',') FROM p1), (SELECT f FROM g), pg_typeof(f) FROM g", { database })).toBe(
    '1,2|public.amb|text',
  );
});

it('a restore goes on without what does not run only if it is told to, and fills no view from a server that is gone', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const sql = `CREATE EXTENSION postgres_fdw; CREATE SERVER gone FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1'); CREATE USER MAPPING FOR PUBLIC SERVER gone OPTIONS (user 'x', password_required 'false');
    CREATE FOREIGN TABLE far (id int) SERVER gone; CREATE MATERIALIZED VIEW near AS SELECT id FROM far WITH NO DATA; CREATE MATERIALIZED VIEW over AS SELECT id FROM near WITH NO DATA; UPDATE pg_class SET relispopulated = true WHERE relname IN ('near', 'over');
    CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'`;
  const dump = await dumpedFrom(server, sql);
  const { verdict, unproven } = await judged(dump);
  expect(verdict).toBe('partial');
  expect(unproven).toContainEqual(expect.stringContaining('MATERIALIZED VIEW DATA public.over'));
  expect((await restoredInto(server, dump)).notes).toContainEqual(expect.stringMatching(/MATERIALIZED VIEW DATA public\.near could not be filled/));
  const broken = altered(dump, 'RETURNS integer\n    LANGUAGE sql', 'RETURNS unknown_type\n    LANGUAGE sql');
  await expect(restoredInto(server, broken)).rejects.toThrow(/unknown_type.*--without-flawed/);
  const { notes, rows } = await restoredInto(server, broken, { tolerant: true });
  expect(rows).toBe(1);
  expect(notes).toContainEqual(
    expect.stringMatching(/left out: FUNCTION public\.one\(\): type "public\.unknown_type" does not exist|left out: FUNCTION public\.one\(\): .*unknown_type/),
  );
  expect(notes).toContainEqual('FUNCTION public.one() is missing in the target');
  const optioned = altered(broken, 'CREATE TABLE public.t (\n    id integer\n);', "CREATE TABLE public.t (\n    id integer\n)\nWITH (sense='none');");
  const again = await restoredInto(server, optioned, { tolerant: true });
  expect(again.notes).toContainEqual('the option sense, which the server does not know, was left out');
  expect(again.notes).not.toContainEqual(expect.stringContaining('columns of text'));
});

it.each([18, 15] as const)(
  'rows and large objects that stop the dump are named, and all others are in the backup, on %i',
  { timeout: coldStart },
  async (version) => {
    const server = await postgresServer(version);
    const owner = await newRole(server);
    // a value whose label is gone cannot be printed, as one on a damaged page cannot be read
    const sql = `CREATE TABLE a (id int); INSERT INTO a VALUES (1); CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE first_bad (id int, m mood); INSERT INTO first_bad VALUES (1, 'bad'), (2, 'good');
    CREATE TABLE "Second $g$ 'bad" (id int, "m "" é" mood, t text); INSERT INTO "Second $g$ 'bad" SELECT g, (CASE WHEN g IN (3, 15000, 15002) THEN 'bad' ELSE 'good' END)::mood, E'a\\tb' FROM generate_series(1, 20000) g;
    CREATE TABLE first_c (m mood); INSERT INTO first_c VALUES ('bad'); DELETE FROM pg_enum WHERE enumlabel = 'bad' AND enumtypid = 'mood'::regtype;
    CREATE TABLE z (id int PRIMARY KEY); INSERT INTO z SELECT generate_series(1, 1000); CREATE SEQUENCE s; SELECT setval('s', 5);
    SELECT lo_from_bytea(77, 'x'), lo_from_bytea(78, repeat('b', 40000)::bytea), lo_from_bytea(79, 'y'), lo_from_bytea(80, 'z'), lo_from_bytea(81, repeat('e', 40000)::bytea); ALTER LARGE OBJECT 79 OWNER TO ${owner}; ALTER LARGE OBJECT 80 OWNER TO ${owner}; GRANT SELECT ON LARGE OBJECT 81 TO ${owner};
    SET allow_system_table_mods = on; UPDATE pg_largeobject SET data = repeat('z', 3000)::bytea WHERE (loid, pageno) IN ((78, 9), (79, 0))`;
    const dump = await dumpedFrom(server, sql);
    const { verdict, flaws, differences, unproven } = await judged(dump);
    expect({ verdict, differences, unproven }).toEqual({ verdict: 'flawed', differences: [], unproven: [] });
    expect(flaws.map(({ what }) => what)).toEqual([
      expect.stringMatching(
        /^TABLE DATA public\."Second \$g\$ 'bad": 3 rows cannot be read \(ctid \(0,3\), \(\d+,\d+\), \(\d+,\d+\)\), and all others are in the backup: invalid internal value for enum/,
      ),
      expect.stringMatching(/^TABLE DATA public\.first_bad: 1 row cannot be read \(ctid \(0,1\)\), and all others/),
      expect.stringMatching(/^TABLE DATA public\.first_c: 1 row cannot be read/),
      expect.stringMatching(/^LARGE OBJECT 78: only its bytes before this error are in the backup: .*invalid data field size/),
      expect.stringMatching(/^LARGE OBJECT 79: its bytes are not in the backup: .*invalid data field size/),
    ]);
    expect(dump.scan.tables.map(({ name, rows }) => [name, rows])).toEqual([
      [`public."Second $g$ 'bad"`, 19997],
      ['public.a', 1],
      ['public.first_bad', 1],
      ['public.first_c', 0],
      ['public.z', 1000],
    ]);
    const database = await restored(server, dump, flaws);
    const values = `SELECT (SELECT sum(id) - sum(length(t)) FROM "Second $g$ 'bad"), (SELECT id FROM first_bad), (SELECT last_value FROM s), (SELECT count(*) FROM pg_index WHERE indrelid = 'z'::regclass),
    (SELECT string_agg(concat_ws(':', oid, length(lo_get(oid))), ',' ORDER BY oid) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_largeobject_metadata WHERE lomacl IS NOT NULL)`;
    expect(await query(server, values, { database, environment: { PGCLIENTENCODING: 'UTF8' } })).toBe(
      `${200010000 - 30005 - 3 * 19997}|2|5|1|77:1,78:16384,79:0,80:1,81:40000|1`,
    );
  },
);

it.each<[string, string, { flaws: RegExp[]; rows: number }]>([
  [
    "a table's columns are gone",
    "DELETE FROM pg_attribute WHERE attrelid = 'bad'::regclass",
    { flaws: [/^TABLE public\.v: .* it is not in the backup: /, /^TABLE DATA public\.bad: only the 0 rows/], rows: 0 },
  ],
  [
    "a trigger's function is gone",
    "DELETE FROM pg_proc WHERE proname = 'tf'",
    {
      flaws: [
        /^TABLE public\.bad: .* the backup has its columns and rows alone: .*cache lookup failed for function/,
        /^FUNCTION with the number \d+: .*: t \(pg_trigger\)$/,
      ],
      rows: 2,
    },
  ],
  [
    "a function's language is gone",
    "UPDATE pg_proc SET prolang = 99999 WHERE proname = 'f'",
    {
      flaws: [
        /^CATALOGUE: only tables, views, .*query returned 0 rows/,
        /^LANGUAGE with the number 99999: .*: public\.f \(pg_proc\)$/,
        /^FUNCTION public\.f\(integer\): /,
      ],
      rows: 2,
    },
  ],
])('where pg_dump cannot begin because %s, all else is in the backup', { timeout: coldStart }, async (_, damage, expected) => {
  const server = await postgresServer(18);
  const sql = `CREATE SCHEMA app; CREATE DOMAIN app.code AS text NOT NULL CHECK (VALUE <> ''); CREATE TYPE app."Mo od" AS ENUM ('a', 'b''c'); CREATE TABLE good (id int PRIMARY KEY, n app.code DEFAULT 'x'); INSERT INTO good SELECT g, 'y' FROM generate_series(1, 10) g;
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'; CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE SEQUENCE s; SELECT setval('s', 7);
    CREATE TABLE bad (id int, "b ""x" text, m app."Mo od"); INSERT INTO bad VALUES (1, E'a\\tb', 'b''c'), (2, NULL, 'a'); CREATE TRIGGER t BEFORE INSERT ON bad FOR EACH ROW EXECUTE FUNCTION tf(); CREATE VIEW v AS SELECT id FROM bad; SELECT lo_from_bytea(7, 'x'); SET allow_system_table_mods = on; ${damage}`;
  const dump = await dumpedFrom(server, sql);
  const { verdict, differences, flaws } = await judged(dump);
  expect({ verdict, differences }).toEqual({ verdict: 'flawed', differences: [] });
  expect(dump.scan.flaws?.map(({ what }) => what)).toEqual(expected.flaws.map((what) => expect.stringMatching(what)));
  const database = await restored(server, dump, flaws);
  expect(
    await query(
      server,
      "SELECT (SELECT count(n) FROM good), twice(2), (SELECT last_value FROM s), lo_get(7), (SELECT count(*) FROM pg_index WHERE indrelid = 'good'::regclass)",
      { database },
    ),
  ).toBe('10|4|7|\\x78|1');
  if (expected.rows > 0) expect(await query(server, `SELECT count(*), count("b ""x"), max(m) FROM bad, v WHERE v.id = bad.id`, { database })).toBe("2|1|b'c");
});

it('large objects of several owners are restored for one, and compared', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const [one, other] = [await newRole(server), await newRole(server)];
  const sql = `SELECT lo_from_bytea(1, 'a'), lo_from_bytea(2, 'b'), lo_from_bytea(3, 'c'); ALTER LARGE OBJECT 1 OWNER TO ${other}; ALTER LARGE OBJECT 2 OWNER TO ${one}; ALTER LARGE OBJECT 3 OWNER TO ${other}`;
  const dump = await dumpedFrom(server, sql);
  await restoredInto(server, dump, { withoutOwners: true });
  const otherwise = altered(dump, "lowrite(0, '\\x62')", "lowrite(0, '\\x63')");
  await expect(restoredInto(server, otherwise, { withoutOwners: true })).rejects.toThrow('large objects');
});

it('rows in schemas with names of the system, what belongs to the database itself, and what the scratch server cannot make, are told', {
  timeout: coldStart,
}, async () => {
  const server = await postgresServer(18);
  const sql = `DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET work_mem = ''8MB''', current_database()); EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$;
    SET allow_system_table_mods = on; CREATE SCHEMA pg_mine; CREATE TABLE pg_mine.lost (id int); INSERT INTO pg_mine.lost VALUES (1), (2), (3); CREATE TEXT SEARCH CONFIGURATION mine (COPY = english);
    CREATE EXTENSION hstore; CREATE TABLE ledger (id int, v text); INSERT INTO ledger SELECT g, 'x' FROM generate_series(1, 100) g; ALTER EXTENSION hstore ADD TABLE ledger;
    CREATE AGGREGATE average(int8) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg, COMBINEFUNC = int8_avg_combine, SERIALFUNC = int8_avg_serialize, DESERIALFUNC = int8_avg_deserialize, PARALLEL = SAFE);
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_text_search_config = ''public.mine''', current_database()); EXECUTE format('ALTER DATABASE %I SET search_path = public', current_database()); END $$`;
  const dump = await dumpedFrom(server, sql);
  const { verdict, unproven, notes } = await judged(dump);
  expect(verdict).toBe('partial');
  for (const what of ['the 3 rows of pg_mine.lost are in no dump', 'the 100 rows of public.ledger', 'AGGREGATE public.average(bigint)'])
    expect(unproven).toContainEqual(expect.stringContaining(what));
  expect(unproven).toHaveLength(4); // an aggregate has two
  expect(notes).toContainEqual(expect.stringContaining('the setting work_mem=8MB of the role postgres in this database'));
  expect(notes).toContainEqual(expect.stringMatching(/the grants on the database itself: .*REVOKE/));
  await restored(server, dump);
});

/** Rows that fit their partitions and CHECK in the order of a language alone. */
const inOrder = `CREATE TABLE names (n text) PARTITION BY RANGE (n); CREATE TABLE names_a PARTITION OF names FOR VALUES FROM (MINVALUE) TO ('n'); CREATE TABLE names_n PARTITION OF names FOR VALUES FROM ('n') TO (MAXVALUE);
  INSERT INTO names VALUES ('Zoe'), ('adam'), ('Émile'), ('_x'), ('Nora'), ('nora'), ('éa'); CREATE TABLE chk (a text, b text, CHECK (a < b)); INSERT INTO chk VALUES ('a', 'B'), ('é', 'f')`;

it(
  'a database is proven whatever its partitions, columns, settings, roles and locale are',
  async () => {
    const server = await postgresServer(18);
    const role = await newRole(server);
    // a locale of glibc, which the machine need not have
    const locale = "LOCALE_PROVIDER libc LOCALE 'fr_FR.utf8'";
    const database = await newDatabase(server, undefined, locale);
    const sql = `${inOrder}; ALTER DATABASE ${database} SET timezone = 'Europe/Paris'; ALTER DATABASE ${database} SET quote_all_identifiers = on; SET timezone = 'Europe/Paris';
      CREATE TABLE visit (at timestamptz, day date, CHECK (day = at::date)); INSERT INTO visit VALUES ('2026-03-01 00:30', '2026-03-01');
      CREATE TYPE pad AS ENUM ('z'); CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'black', 'white', 'pink', 'teal'); CREATE TABLE cars (c colour, n int) PARTITION BY HASH (c);
      CREATE TABLE cars_0 PARTITION OF cars FOR VALUES WITH (MODULUS 3, REMAINDER 0); CREATE TABLE cars_1 PARTITION OF cars FOR VALUES WITH (MODULUS 3, REMAINDER 1); CREATE TABLE cars_2 PARTITION OF cars FOR VALUES WITH (MODULUS 3, REMAINDER 2);
      INSERT INTO cars SELECT e, g FROM unnest(enum_range(NULL::colour)) e, generate_series(1, 10) g;
      CREATE TABLE parent (id int); CREATE TABLE child (extra text) INHERITS (parent); ALTER TABLE parent ADD COLUMN added int; INSERT INTO child (id, extra, added) VALUES (1, 'x', 2), (2, 'y', 3);
      CREATE FUNCTION ff(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE jobs (id int, owner regrole, what regclass, fn regprocedure); INSERT INTO jobs VALUES (1, '${role}', 'jobs', 'ff(int)');
      CREATE TABLE grants (a aclitem); INSERT INTO grants VALUES ('${role}=r/postgres'); CREATE TABLE letters (a text CHECK (lower(a) = chr(233) AND a ~ '^[[:alpha:]]$')); INSERT INTO letters VALUES (chr(201)); ALTER DATABASE ${database} SET bytea_output = escape; SET bytea_output = escape; ALTER DATABASE ${database} SET app.tenant = '7'; SET app.tenant = '7';
      CREATE TABLE tenants (t int CHECK (t = current_setting('app.tenant')::int), b bytea, e text CHECK (e = b::text)); INSERT INTO tenants VALUES (7, 'a', 'a'); CREATE FUNCTION f(colour) RETURNS colour LANGUAGE sql AS 'SELECT $1'; CREATE TABLE kinds (k varchar(9) CHECK (k IN ('a', 'b')), v varchar DEFAULT 'b');
      CREATE UNLOGGED TABLE owner (id int PRIMARY KEY); CREATE UNLOGGED TABLE item (id int, o int REFERENCES owner, PRIMARY KEY (id)); INSERT INTO owner VALUES (1); INSERT INTO item VALUES (1, 1)`;
    await query(server, sql, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
    const dump = await postgresDump(urlOf(server, database));
    const { verdict, differences, flaws, unproven, notes } = await judged(dump);
    expect({ verdict, differences, flaws, unproven }).toEqual({ verdict: 'proven', differences: [], flaws: [], unproven: [] });
    expect(notes).toContainEqual(expect.stringMatching(/settings of the database itself: .*TimeZone=Europe\/Paris/i));
    await restoredInto(server, dump, { database: await newDatabase(server, undefined, locale) });
  },
  coldStart,
);

it('text in the order of a locale is compared, and another locale than the source has is told', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server, undefined, "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'");
  await query(server, inOrder, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  const dump = await postgresDump(urlOf(server, database));
  expect((await judged(dump)).verdict).toBe('proven');
  if (!dump.scan.source) throw new Error('the scan says nothing about its source');
  const locale = { provider: 'c', collate: 'xx_XX.UTF-8', ctype: 'xx_XX.UTF-8', name: null, rules: null };
  const { verdict, unproven } = await judged({ ...dump, scan: { ...dump.scan, source: { ...dump.scan.source, locale } } });
  expect(verdict).toBe('partial');
  expect(unproven).toContainEqual(expect.stringContaining('locale xx_XX.UTF-8 could not be had'));
});

it('text is in the order of a locale of glibc that the machine need not have, on PostgreSQL 15 too', { timeout: coldStart }, async () => {
  const server = await postgresServer(15);
  const database = await newDatabase(server, undefined, "LOCALE_PROVIDER libc LOCALE 'en_US.UTF-8'");
  await query(server, inOrder, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  expect(await judged(await postgresDump(urlOf(server, database)))).toMatchObject({ verdict: 'proven', unproven: [] });
});

it('a dump whose function, default, trigger or comment was changed afterwards is not proven, and its restore tells of it', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const sql = `CREATE TABLE person (id int, name text DEFAULT 'nobody'); INSERT INTO person VALUES (1, 'Ada'); COMMENT ON TABLE person IS 'people'; CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2';
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER kept BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION keep()`;
  const honest = await dumpedFrom(server, sql);
  expect((await judged(honest)).verdict).toBe('proven');
  expect((await restoredInto(server, honest)).notes).toEqual([]);
  const changes: [string, string, RegExp][] = [
    ['SELECT 2', 'SELECT 3', /FUNCTION public\.two\(\)/],
    ["'nobody'", "'somebody'", /DEFAULT public\.person name/],
    ['BEFORE INSERT', 'AFTER INSERT', /TRIGGER public\.person kept/],
    ["IS 'people'", "IS 'animals'", /COMMENT table public\.person/],
  ];
  const changed = changes.reduce((dump, [from, to]) => altered(dump, from, to), honest);
  const { verdict, flaws, unproven, differences } = await judged(changed);
  expect({ verdict, differences }).toEqual({ verdict: 'flawed', differences: [] });
  const named = [...flaws.map(({ what }) => what), ...unproven];
  const { notes } = await restoredInto(server, changed);
  for (const found of [named, notes]) expect(found).toHaveLength(changes.length);
  for (const [, , what] of changes) {
    expect(named).toContainEqual(expect.stringMatching(what));
    expect(notes).toContainEqual(expect.stringMatching(new RegExp(`^${what.source} is other than in the source$`)));
  }
});

describe('a view over a system view of PostgreSQL 15', () => {
  const sql =
    'CREATE VIEW checkpoints AS SELECT checkpoints_timed, buffers_backend FROM pg_stat_bgwriter; CREATE TABLE t (id int PRIMARY KEY CHECK (id > 0)); INSERT INTO t VALUES (1)';

  let made: Promise<Dumped> | undefined;
  const dumped = async () => {
    made ??= dumpedFrom(await postgresServer(15), sql);
    return await made;
  };

  it('is proven on a server of 15, with a note that 18 would refuse it', { timeout: coldStart }, async () => {
    const { verdict, notes } = await judged(await dumped());
    expect({ verdict, notes: notes.filter((note) => !isOptionNote(note)) }).toEqual({
      verdict: 'proven',
      notes: ['would not restore on PostgreSQL 18: VIEW public.checkpoints: column pg_stat_bgwriter.checkpoints_timed does not exist'],
    });
  });

  it('is named, and the proof partial, where no server of 15 can be had', { timeout: coldStart }, async () => {
    const newestAlone = withTools(testWork(), { older: async () => undefined });
    const { verdict, unproven } = await judged(await dumped(), newestAlone);
    expect(verdict).toBe('partial');
    expect(unproven).toContainEqual(expect.stringMatching(/VIEW public\.checkpoints: .*would not restore on 18/));
  });

  it('is proven where the newest server fails, and a note says that it was not asked', { timeout: coldStart }, async () => {
    const server = async () => {
      throw new ToolMissingError('there is no server 18');
    };
    const { verdict, notes } = await judged(await dumped(), withTools(testWork(), { server }));
    expect(verdict).toBe('proven');
    expect(notes).toContain('what would not restore on PostgreSQL 18 is not known: there is no server 18');
  });
});
