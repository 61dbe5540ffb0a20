/**
 * A database whose dump is hard to read: contents and definitions that look like the syntax around them. One statement
 * a line or paragraph, for psql. `rows` has values that look like the end of data, SQL, other COPY blocks and the
 * dump's closing line.
 */
export const awkwardDatabase = String.raw`
CREATE TABLE rows (id integer PRIMARY KEY, body text, bytes bytea);
INSERT INTO rows SELECT row_number() OVER (), body, convert_to(body, 'UTF8') FROM unnest(ARRAY[
  '\.', E'\\.\n', E'\n\\.\n', E'before\n\\.\nafter', E'\\\\.', '\N', '\n', '.', '',
  'COPY public.rows (id, body) FROM stdin;', E'COPY public.rows (id) FROM stdin;\n1\n\\.\n', 'SELECT pg_catalog.setval(''public.serial'', 99, true);',
  E'--\n-- PostgreSQL database dump complete\n--\n', '-- PostgreSQL database dump complete', E'line\r\nfeed\r', E'tab\tvertical\x0b\x0c\x08', 'back\slash\\',
  'é€𝄞 ' || repeat('漢', 50), '''"$$ $_$ /* ( ; --', '\restrict x', '\! false'
]) AS body;
INSERT INTO rows VALUES (100, NULL, '\x0a5c2e0a000a'), (101, repeat('x', 70000), NULL);
CREATE TABLE empty (id integer);
CREATE TABLE "no columns" ();
INSERT INTO "no columns" SELECT FROM generate_series(1, 3);
CREATE TABLE generated (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED);
INSERT INTO generated VALUES (1), (2);
CREATE TABLE parted (id integer, body text) PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
INSERT INTO parted SELECT 1 + i % 2, 'part ' || i FROM generate_series(1, 20) AS i;
CREATE SCHEMA "a.b ""c""";
CREATE TABLE "a.b ""c"""."T; -- ' $$ (
FROM stdin; \." ("COL "" \ FROM stdin;" text, "é" integer);
INSERT INTO "a.b ""c"""."T; -- ' $$ (
FROM stdin; \." VALUES ('only row', 1);
CREATE SEQUENCE serial START 5;
SELECT nextval('serial'), nextval('serial');
CREATE SEQUENCE "Se'quence \ ; "; 
CREATE SEQUENCE downwards INCREMENT -1 MINVALUE -100 START -7;
SELECT nextval('downwards');
CREATE FUNCTION quoted() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN -- it's a body; with $$ and $_$
  RETURN E'it''s \' ; (' || $$;$$; /* " */
END $body$;
CREATE FUNCTION atomic(a integer) RETURNS integer LANGUAGE sql
BEGIN ATOMIC
  SELECT 1;
  SELECT CASE WHEN a > 1 THEN length(';''"') ELSE 2 END;
END;
CREATE PROCEDURE atomically() LANGUAGE sql BEGIN ATOMIC INSERT INTO rows VALUES (500); DELETE FROM rows WHERE id = 500; END;
CREATE RULE several AS ON INSERT TO empty DO ALSO (INSERT INTO rows VALUES (NEW.id, '; )'); DELETE FROM rows WHERE id = NEW.id; NOTIFY x);
CREATE VIEW literals AS SELECT E'it''s \\ ; (' AS "a;b", '$$'::text AS "$$", 'x'::text AS "/*", 3 AS "é\";
COMMENT ON TABLE rows IS E'/* not (closed\n--\n-- PostgreSQL database dump complete\n--\n; \\. '' ';
COMMENT ON VIEW literals IS '/* nested /* comment */ ; ';
SELECT lo_from_bytea(70001, decode(repeat('0a5c2e0a', 9000), 'hex')), lo_from_bytea(70002, ''), lo_from_bytea(70003, 'SELECT 1;');
`;
