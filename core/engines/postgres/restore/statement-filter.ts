import type { Scan } from '../../../documents/scan.ts';
import type { LeftOut } from '../dump/needed-roles.ts';
import { extensionsMissing } from './prerequisites.ts';
import type { Rule, Ruling } from './restore-script.ts';
import type { Target } from './target.ts';

/** Settings in dumps of pg_dump 18 that older servers do not know, and the major version that introduced each. */
const settings: [RegExp, number][] = [
  [/^SET transaction_timeout = /, 17],
  [/^SET idle_session_timeout = /, 14],
];

/** An identifier as pg_dump writes it. */
const word = '(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)';

/**
 * Statements for the superuser, who runs them when everything else is there: ownership, privileges, and objects that
 * only a superuser may make. A pattern must match the whole statement: a hostile `ALTER TABLE … USING (function()),
 * OWNER TO …` would run its function as the superuser. Event triggers fire on statements after them, so they are
 * put off too, to the end.
 */
const superusers: [RegExp, string][] = [
  [new RegExp(`^ALTER (?:(?:FOREIGN )?TABLE|(?:MATERIALIZED )?VIEW|[A-Z][A-Z ]*) ${word}(?:\\.${word})? OWNER TO ${word};$`), 'ownership'],
  [new RegExp(`^ALTER (?:FUNCTION|PROCEDURE|AGGREGATE|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|LARGE OBJECT) .* OWNER TO ${word};$`, 's'), 'ownership'],
  [/^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES|SET SESSION AUTHORIZATION|RESET SESSION AUTHORIZATION) ?/, 'privileges'],
  [/^(CREATE|ALTER) PUBLICATION /, 'replication'],
  [/^COMMENT ON (EXTENSION|EVENT TRIGGER|PUBLICATION|FOREIGN DATA WRAPPER) /, 'comments'],
  [/^SECURITY LABEL /, 'security labels'],
  [/^(CREATE|ALTER) EVENT TRIGGER /, 'event triggers'],
  // nothing can log in elsewhere before these exist
  [/^CREATE USER MAPPING /, 'user mappings'],
];

/**
 * pg_dump writes a large object inside a transaction, which it needs. Our own transaction, if there is one, encloses
 * everything.
 */
const transaction = /^(BEGIN|COMMIT);$/;

const extensionsComment = new RegExp(`^COMMENT ON EXTENSION (${word}) `);

const inTablespace = new RegExp(`^SET default_tablespace = (${word});$`);

/** Keeps the statements that a server of this major version knows. Drops BEGIN and COMMIT if `whole`. */
export function fitting(major: number, whole: boolean): Rule {
  return (statement) =>
    (whole && transaction.test(statement)) || settings.some(([pattern, since]) => since > major && pattern.test(statement)) ? 'drop' : 'pass';
}

/** Explains why only a superuser may run a statement; undefined if everybody may. */
export function superusersReason(statement: string): string | undefined {
  return superusers.find(([pattern]) => pattern.test(statement))?.[1];
}

/** Returns the schema that a `CREATE SCHEMA` makes, without quotes. */
export function schemaMadeBy(statement: string): string | undefined {
  return unquotedName(new RegExp(`^CREATE SCHEMA (${word});$`).exec(statement)?.[1]);
}

function unquotedName(name: string | undefined): string | undefined {
  return name?.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
}

/**
 * Makes the filter for a restore into this target. Drops the CREATE of a schema that is already there, perhaps for an
 * extension that a superuser made beforehand. Drops comments on extensions that the user does not own, because only
 * their owner may make them.
 */
export function filterFor(target: Target, scan: Scan, without: LeftOut): (statement: string) => Ruling {
  const fits = fitting(Number.parseInt(target.version, 10), true);
  const { source } = scan;
  const schemas = new Set([...target.schemas, ...extensionsMissing(target, scan).map(({ schema }) => schema)]);
  const foreign = new Set((source?.extensions ?? []).filter(({ name }) => target.extensions[name]?.owned === false).map(({ name }) => name));
  const leftOut = new Set([...(without.owners ? ['ownership'] : []), ...(without.privileges ? ['privileges'] : [])]);
  return (statement) => {
    const reason = superusersReason(statement);
    if (reason !== undefined && leftOut.has(reason)) return 'drop';
    const schema = schemaMadeBy(statement);
    if (schema !== undefined && schemas.has(schema)) return 'drop';
    const commented = unquotedName(extensionsComment.exec(statement)?.[1]);
    const tablespace = unquotedName(inTablespace.exec(statement)?.[1]);
    if (tablespace !== undefined && !target.tablespaces.includes(tablespace)) return 'drop';
    if (!target.isSuperuserLike && commented !== undefined && foreign.has(commented)) return 'drop';
    return fits(statement);
  };
}
