import type { Rule } from './restore-script.ts';

/** Settings that a dump of pg_dump 18 makes and older servers do not know, by the major version that brought them. */
const settings: [RegExp, number][] = [
  [/^SET transaction_timeout = /, 17],
  [/^SET idle_session_timeout = /, 14],
];

/** Its functions and options are checked when it is made, by functions that must be there before. */
export const createsWrapper = /^CREATE FOREIGN DATA WRAPPER /;

/** An identifier as pg_dump writes it. */
const word = '(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)';

/** A superuser's statement must be nothing more: a hostile `ALTER TABLE … USING (function()), OWNER TO …` would run its function as the superuser. Done by the superuser when everything is there: who owns what, who may do what, and what only a superuser may make. Event triggers fire on what follows them, so nothing follows. */
const superusers: [RegExp, string][] = [
  [new RegExp(`^ALTER (?:(?:FOREIGN )?TABLE|(?:MATERIALIZED )?VIEW|[A-Z][A-Z ]*) ${word}(?:\\.${word})? OWNER TO ${word};$`), 'ownership'],
  [new RegExp(`^ALTER (?:FUNCTION|PROCEDURE|AGGREGATE|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|LARGE OBJECT) .* OWNER TO ${word};$`, 's'), 'ownership'],
  [/^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES|SET SESSION AUTHORIZATION|RESET SESSION AUTHORIZATION) ?/, 'privileges'],
  [/^(CREATE|ALTER) PUBLICATION /, 'replication'],
  [/^COMMENT ON (EXTENSION|EVENT TRIGGER|PUBLICATION|FOREIGN DATA WRAPPER) /, 'comments'],
  [/^SECURITY LABEL /, 'security labels'],
  [/^(CREATE|ALTER) EVENT TRIGGER /, 'event triggers'],
  // nothing can log in elsewhere while there are none
  [/^CREATE USER MAPPING /, 'user mappings'],
];

/** Left out of a proof. A subscription holds no rows, and a hostile one could connect to anywhere; a foreign data wrapper was made beforehand; a scratch server has no tablespaces. */
const leftOut = [/^(CREATE|ALTER|COMMENT ON) SUBSCRIPTION /, createsWrapper, /^SET default_tablespace = (?!'';)/];

/** pg_dump writes a large object inside a transaction, which it needs; ours, when there is one, goes around everything. */
const transaction = /^(BEGIN|COMMIT);$/;

/** What a server of this major version can take; inside one transaction when `whole`. */
export function fitting(major: number, whole: boolean): Rule {
  return (statement) =>
    (whole && transaction.test(statement)) || settings.some(([pattern, since]) => since > major && pattern.test(statement)) ? 'drop' : 'pass';
}

/** Why only a superuser may run a statement; undefined when everybody may. */
export function superusersReason(statement: string): string | undefined {
  return superusers.find(([pattern]) => pattern.test(statement))?.[1];
}

/** The schema that a `CREATE SCHEMA` makes, without quotes. */
export function schemaMadeBy(statement: string): string | undefined {
  return new RegExp(`^CREATE SCHEMA (${word});$`)
    .exec(statement)?.[1]
    ?.replace(/^"(.*)"$/s, '$1')
    .replaceAll('""', '"');
}

/** The same, for a role that is not superuser: the rest is put off. The `schemas` are there already, for the extensions that were made beforehand. */
export function withoutSuperuser(major: number, { whole, schemas }: { whole: boolean; schemas: ReadonlySet<string> }): Rule {
  const fits = fitting(major, whole);
  return (statement) => {
    if (leftOut.some((pattern) => pattern.test(statement))) return 'drop';
    const schema = schemaMadeBy(statement);
    if (schema !== undefined && schemas.has(schema)) return 'drop';
    const why = superusersReason(statement);
    return why ? { later: why } : fits(statement);
  };
}
