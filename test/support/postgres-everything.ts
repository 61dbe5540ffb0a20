import { identifier } from './postgres-work.ts';

/**
 * Writes the SQL of every kind of object that a database can hold, with rows that are hard to write down. Runs on
 * PostgreSQL 15 and later, as a superuser. Two roles own objects and get grants.
 */
export function everything([owner, reader]: [string, string]): string {
  const [o, r] = [identifier(owner), identifier(reader)];
  return `${extensions} ${types} ${tables} ${functions} ${views} ${foreign} ${awkward}
    CREATE PUBLICATION some_rows FOR TABLE animal WHERE (id > 2);
    CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert');
    ALTER TABLE animal OWNER TO ${o}; ALTER SCHEMA "Sch éma" OWNER TO ${o}; ALTER FUNCTION twice(integer) OWNER TO ${o};
    GRANT SELECT, INSERT ON animal TO ${r} WITH GRANT OPTION; GRANT SELECT (id) ON everything_typed TO ${r}; GRANT SELECT ON animal TO PUBLIC;
    GRANT USAGE ON SCHEMA "Sch éma" TO ${r}; REVOKE ALL ON FUNCTION twice(integer) FROM PUBLIC; GRANT EXECUTE ON FUNCTION twice(integer) TO ${r};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${o} IN SCHEMA public GRANT SELECT ON TABLES TO ${r};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${o} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    ALTER TABLE animal ENABLE ROW LEVEL SECURITY; ALTER TABLE animal FORCE ROW LEVEL SECURITY;
    CREATE POLICY mine ON animal FOR SELECT TO ${r} USING (name <> 'hidden'); CREATE POLICY restrictive ON animal AS RESTRICTIVE USING (true) WITH CHECK (id > 0);
    SELECT lo_from_bytea(4711, '\\x00ff5c0a27'); SELECT lo_from_bytea(4712, convert_to(repeat('long ', 5000), 'UTF8')); SELECT lo_create(4713);
    COMMENT ON LARGE OBJECT 4711 IS 'it''s large'; ALTER LARGE OBJECT 4712 OWNER TO ${o}; GRANT SELECT ON LARGE OBJECT 4711 TO ${r};
    CREATE EVENT TRIGGER on_drop ON sql_drop EXECUTE FUNCTION tell(); ALTER EVENT TRIGGER on_drop ENABLE ALWAYS; COMMENT ON EVENT TRIGGER on_drop IS 'event';`;
}

const extensions = `
  CREATE SCHEMA ext; CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION postgres_fdw;
  COMMENT ON EXTENSION hstore IS 'another comment'; COMMENT ON SCHEMA ext IS 'extensions';`;

const types = `
  CREATE TYPE mood AS ENUM ('sad', 'o''k', 'très "happy"'); CREATE TYPE point3 AS (x double precision, y double precision, "Z z" text);
  CREATE DOMAIN positive AS integer DEFAULT 1 CHECK (VALUE > 0); CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
  CREATE COLLATION french (provider = icu, locale = 'fr-FR'); CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  COMMENT ON TYPE mood IS 'a mood'; COMMENT ON DOMAIN positive IS 'a domain';`;

const tables = `
  CREATE TABLE animal (id integer PRIMARY KEY, name text NOT NULL UNIQUE, born date); CREATE TABLE bird (wings smallint DEFAULT 2 CHECK (wings >= 0)) INHERITS (animal);
  INSERT INTO animal SELECT n, 'animal ' || n, date '2000-01-01' + n FROM generate_series(1, 500) n; INSERT INTO bird VALUES (1001, 'duck', '-infinity', 2), (1002, E'a\\tb\\nc\\\\.', NULL, 0);
  CREATE TABLE everything_typed (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH -5 INCREMENT BY 7 MINVALUE -10) PRIMARY KEY, serial_too serial, doubled integer GENERATED ALWAYS AS (length(words) * 2) STORED,
    words text COLLATE french, loose_words text COLLATE loose, raw bytea, doc jsonb, old json, many text[][], numbers integer[], span tstzrange, spans int4multirange, own floatrange, feeling mood, feelings mood[], place point3, amount numeric,
    precise numeric(38, 10), plus positive, at timestamptz, wall timestamp, clock timetz, gap interval, flag boolean, id128 uuid, net inet, block cidr, mac macaddr, bits bit(5), more_bits bit varying, geometry polygon, near point,
    markup xml, vector tsvector, search tsquery, pairs hstore, insensitive ext.citext, single real, large double precision, letter "char", fixed char(4), cash money, self oid, lsn pg_lsn);
  INSERT INTO everything_typed (words, loose_words, raw, doc, old, many, numbers, span, spans, own, feeling, feelings, place, amount, precise, plus, at, wall, clock, gap, flag, id128, net, block, mac, bits, more_bits, geometry, near,
    markup, vector, search, pairs, insensitive, single, large, letter, fixed, cash, self, lsn) VALUES
    (E'été\\n\\\\.\\nCOPY x FROM stdin;\\t\\r\\n\\b', 'ÀÉ', '\\x00010aff5c2e', '{"a": [1, null, "\\u00e9"], "b": 1e400}', '{"z":1, "z" : 2}', '{{a,NULL},{"q\\"",""}}', '[0:2]={1,NULL,3}', '[2026-01-01 00:00+01,infinity)',
     '{[1,3),[7,9)}', '[1.5,2.5)', 'très "happy"', '{sad,NULL}', '(1,-0,"a ""b"", c")', 'NaN', 1234567890123456789012345678.0123456789, 2, '2026-03-29 02:30 Europe/Paris', '-infinity', '23:59:60-11', '1 year -2 mons 3 days -04:05:06.7',
     true, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::ffff:1.2.3.4/96', '10.0.0.0/8', '08:00:2b:01:02:03', B'10101', B'', '((0,0),(1,1),(1,0))', '(1e-300,NaN)', '<a b="c">&amp;</a>', 'a:1A fat:2B,4C', 'fat & (rat | !cat)',
     'a=>1, "b c"=>NULL', 'MiXed', 'NaN', '-Infinity', 'x', 'ab', 1234.5, 4294967295, '16/B374D848'),
    (NULL, '', '', 'null', '[]', '{}', '{}', 'empty', '{}', 'empty', NULL, '{}', '(,,)', 1e-100, 0, NULL, '4713-01-01 00:00:00 BC', '294276-12-31 23:59:59.999999', '00:00', '0', NULL, NULL, NULL, NULL, NULL, NULL, B'1', NULL, NULL, NULL, '', '', '', '', 1e-40, 5e-324, '', '', 0, 0, '0/0');
  INSERT INTO everything_typed (words, raw) SELECT string_agg(chr(c), '') , decode(string_agg(lpad(to_hex(c % 256), 2, '0'), ''), 'hex') FROM generate_series(1, 1200) c;
  CREATE INDEX ON everything_typed USING gin (doc jsonb_path_ops); CREATE INDEX trigrams ON everything_typed USING gin (words ext.gin_trgm_ops); CREATE UNIQUE INDEX partly ON everything_typed (amount, lower(words)) INCLUDE (flag) WHERE flag;
  CREATE TABLE lists (kind text, n integer) PARTITION BY LIST (kind); CREATE TABLE lists_ab PARTITION OF lists FOR VALUES IN ('a', 'b') PARTITION BY RANGE (n); CREATE TABLE lists_ab_low PARTITION OF lists_ab FOR VALUES FROM (MINVALUE) TO (10);
  CREATE TABLE lists_ab_high PARTITION OF lists_ab FOR VALUES FROM (10) TO (MAXVALUE); CREATE TABLE lists_other PARTITION OF lists DEFAULT;
  CREATE TABLE hashes (id bigint PRIMARY KEY, at timestamptz DEFAULT '2026-01-01') PARTITION BY HASH (id); CREATE TABLE hashes_0 PARTITION OF hashes FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE hashes_1 PARTITION OF hashes FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO lists SELECT substr('abc', 1 + n % 3, 1), n FROM generate_series(1, 60) n; INSERT INTO hashes SELECT n FROM generate_series(1, 50) n;
  CREATE TABLE child (animal integer REFERENCES animal DEFERRABLE INITIALLY DEFERRED, hash bigint REFERENCES hashes ON DELETE CASCADE, during tsrange, EXCLUDE USING gist (during WITH &&)); INSERT INTO child VALUES (1, 2, '[2026-01-01,2026-01-02)');
  CREATE UNLOGGED TABLE unlogged (line text); INSERT INTO unlogged VALUES ('kept'); CREATE TABLE no_rows (id integer); CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
  CREATE SEQUENCE backwards INCREMENT -3 MINVALUE -100 MAXVALUE 100 START 100 CYCLE; SELECT nextval('backwards'); SELECT nextval('backwards'); CREATE SEQUENCE untouched AS smallint START 42; CREATE SEQUENCE largest START 9223372036854775807; SELECT nextval('largest');
  CREATE STATISTICS related ON n, kind FROM lists; ALTER TABLE animal CLUSTER ON animal_pkey; ALTER TABLE animal REPLICA IDENTITY FULL; ALTER TABLE animal ALTER name SET STATISTICS 500; ALTER TABLE bird SET (fillfactor = 70);
  COMMENT ON TABLE animal IS E'a comment\\nof two lines; -- with a dash'; COMMENT ON COLUMN animal.name IS 'O''Neil'; COMMENT ON INDEX partly IS 'i'; COMMENT ON SEQUENCE backwards IS 's'; COMMENT ON CONSTRAINT animal_pkey ON animal IS 'c';`;

const functions = `
  CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT RETURN n * 2; CREATE FUNCTION later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.animal';
  CREATE FUNCTION tricky(INOUT a text, VARIADIC rest integer[] DEFAULT '{}') LANGUAGE plpgsql AS $f$ BEGIN a := $$it's; a "test" \\. $$ || a; END $f$; COMMENT ON FUNCTION twice(integer) IS 'doubles';
  CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'forbidden' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$; CREATE FUNCTION tell() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'dropped'; END $$;
  CREATE PROCEDURE clean(INOUT n integer) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM no_rows WHERE id = n; END $$; CREATE AGGREGATE product(integer) (SFUNC = int4mul, STYPE = integer, INITCOND = '1');
  CREATE FUNCTION same(a point3, b point3) RETURNS boolean LANGUAGE sql AS 'SELECT a.x = b.x'; CREATE OPERATOR === (LEFTARG = point3, RIGHTARG = point3, FUNCTION = same); CREATE CAST (mood AS integer) WITH INOUT;
  CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OF name ON animal FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION guard(); CREATE TRIGGER parts AFTER INSERT ON lists FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE lists DISABLE TRIGGER parts;
  CREATE RULE ignore AS ON DELETE TO no_rows DO INSTEAD NOTHING; CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple); CREATE TEXT SEARCH DICTIONARY short (TEMPLATE = simple, STOPWORDS = english);`;

const views = `
  CREATE VIEW young WITH (security_barrier) AS SELECT id, name FROM animal WHERE born > '2001-01-01' WITH CASCADED CHECK OPTION; CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS many, twice(count(*)::integer) AS twice FROM young; CREATE UNIQUE INDEX ON counted (many);
  CREATE VIEW over_counted AS SELECT c.many + 1 AS more, later() FROM counted c; CREATE MATERIALIZED VIEW again AS SELECT * FROM over_counted; CREATE MATERIALIZED VIEW empty_yet AS SELECT * FROM again WITH NO DATA;
  CREATE RECURSIVE VIEW steps (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM steps WHERE n < 5; COMMENT ON VIEW young IS 'v'; COMMENT ON MATERIALIZED VIEW counted IS 'm';`;

const foreign = `
  CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'elsewhere.invalid', dbname 'x'); CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'u');
  CREATE FOREIGN TABLE remote (id integer OPTIONS (column_name 'ID'), name text) SERVER elsewhere OPTIONS (table_name 'it''s'); COMMENT ON FOREIGN TABLE remote IS 'far';`;

/**
 * Names that break unquoted text: spaces, quotes, line ends, SQL or psql commands, the longest, and words of the
 * language.
 */
export const awkwardNames = [
  'Up "and" down',
  "it's",
  'a.b',
  'tab\there',
  'two\nlines',
  '-- Name: x; Type: TABLE; Schema: y',
  '\\! true',
  'été 🐘',
  'select',
  'x'.repeat(63),
  ' ',
  '$$',
  'a;b',
  '-Fp',
];

const awkward = `CREATE SCHEMA "Sch éma"; ${awkwardNames
  .map(
    (name) =>
      `CREATE TABLE "Sch éma".${identifier(name)} (${identifier(name)} text, plain integer); INSERT INTO "Sch éma".${identifier(name)} VALUES ('one', 1), (NULL, 2);`,
  )
  .join('\n')} CREATE SEQUENCE "Sch éma"."se'q ""x"" \n y"; SELECT setval('"Sch éma"."se''q ""x"" \n y"', 7, false);`;
