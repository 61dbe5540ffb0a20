import { describe, expect, it } from 'vitest';
import { withoutSuperuser } from '../../../../../core/engines/postgres/prove/statement-filter.ts';
import type { Ruling } from '../../../../../core/engines/postgres/restore/restore-script.ts';
import { fitting } from '../../../../../core/engines/postgres/restore/statement-filter.ts';

describe('settings that a server does not know are left out', () => {
  it.each<[string, number, Ruling]>([
    ['SET transaction_timeout = 0;', 15, 'drop'],
    ['SET transaction_timeout = 0;', 16, 'drop'],
    ['SET transaction_timeout = 0;', 17, 'pass'],
    ['SET transaction_timeout = 0;', 18, 'pass'],
    ['SET idle_session_timeout = 0;', 15, 'pass'],
    ['SET statement_timeout = 0;', 15, 'pass'],
    ['BEGIN;', 18, 'drop'],
    ['COMMIT;', 18, 'drop'],
    ["COMMENT ON TABLE t IS 'SET transaction_timeout = 0;';", 15, 'pass'],
    ['CREATE FUNCTION f() RETURNS integer BEGIN ATOMIC SELECT 1;', 18, 'pass'],
  ])('%s into %i: %s', (statement, major, ruling) => {
    expect(fitting(major, true)(statement)).toBe(ruling);
    expect(withoutSuperuser(major, { whole: true, schemas: new Set() })(statement)).toBe(ruling);
  });
});

const longArguments = Array.from({ length: 100 }, (_, index) => `"${'é'.repeat(31)}${index % 10}" "${'s'.repeat(63)}"."${'t'.repeat(63)}"`).join(', ');

describe('what only a superuser may do is put off', () => {
  it.each([
    ['ALTER TABLE public.t OWNER TO somebody;', 'ownership'],
    ['ALTER SCHEMA "a ; b" OWNER TO "some ""body"" ;";', 'ownership'],
    ['ALTER MATERIALIZED VIEW public."line\nfeed" OWNER TO x_1;', 'ownership'],
    ['ALTER LARGE OBJECT 16400 OWNER TO x;', 'ownership'],
    [`ALTER FUNCTION public.f(${longArguments}) OWNER TO x;`, 'ownership'],
    ['GRANT SELECT ON TABLE t TO x;', 'privileges'],
    ['REVOKE USAGE ON SCHEMA public FROM PUBLIC;', 'privileges'],
    ['ALTER DEFAULT PRIVILEGES FOR ROLE x GRANT SELECT ON TABLES TO y;', 'privileges'],
    ['SET SESSION AUTHORIZATION x;', 'privileges'],
    ['RESET SESSION AUTHORIZATION;', 'privileges'],
    ['CREATE PUBLICATION p FOR ALL TABLES;', 'replication'],
    ['ALTER FOREIGN DATA WRAPPER w OWNER TO x;', 'ownership'],
    ["COMMENT ON EXTENSION hstore IS 'x';", 'comments'],
    ["SECURITY LABEL FOR x ON TABLE t IS 'x';", 'security labels'],
    ['CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();', 'event triggers'],
  ])('%.60s', (statement, why) => {
    expect(withoutSuperuser(18, { whole: true, schemas: new Set() })(statement)).toEqual({ later: why });
    expect(fitting(18, true)(statement)).toBe('pass');
  });
});

it.each([
  'CREATE TABLE t ();',
  "ALTER TABLE ONLY public.t ALTER COLUMN a SET DEFAULT ' OWNER TO x';",
  "ALTER TABLE ONLY public.t ADD CONSTRAINT c CHECK ((a <> ' OWNER TO x;'::text));",
  "COMMENT ON TABLE t IS 'ALTER TABLE t OWNER TO x';",
  'COPY public.t (a) FROM stdin;',
  "SELECT pg_catalog.setval('s', 1, false);",
])('the restoring role may do %s', (statement) => {
  expect(withoutSuperuser(18, { whole: true, schemas: new Set() })(statement)).toBe('pass');
});

it.each([
  ['connects to nobody', "CREATE SUBSCRIPTION s CONNECTION 'host=elsewhere' PUBLICATION p;"],
  ['connects to nobody', 'ALTER SUBSCRIPTION s ENABLE;'],
  ['has the wrappers already', 'CREATE FOREIGN DATA WRAPPER w HANDLER public.h;'],
  ['has one place for all tables', 'SET default_tablespace = fast;'],
  ['has one place for all tables', 'SET default_tablespace = "Fa st";'],
])('a proof %s: %s', (_, statement) => {
  expect(withoutSuperuser(18, { whole: true, schemas: new Set() })(statement)).toBe('drop');
  expect(fitting(18, true)(statement)).toBe('pass');
});

it('goes back to the usual tablespace as the dump does', () => {
  expect(withoutSuperuser(18, { whole: true, schemas: new Set() })("SET default_tablespace = '';")).toBe('pass');
});
