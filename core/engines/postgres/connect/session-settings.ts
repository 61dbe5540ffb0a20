import type { Connection } from './connection.ts';

/** Type money is written and read as this locale has it; every server knows it. */
const monetary = 'C';

/**
 * Settings under which a statement of ours, or of the tool, means the same in every database, whatever roles and databases have set. The search path is empty, so that a name stands for what PostgreSQL itself has,
 * never for what somebody has planted in a schema (CVE-2018-1058). pg_dump fixes DateStyle, IntervalStyle, extra_float_digits and its timeouts by itself.
 */
const fixed = {
  search_path: '',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  array_nulls: 'on',
  bytea_output: 'hex',
  xmloption: 'content',
  lc_monetary: monetary,
  client_min_messages: 'warning',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
} as const;

/** Of them those that change what a dump looks like and that pg_dump does not set by itself. */
export const settingsOfOutput = ['quote_all_identifiers', 'standard_conforming_strings', 'bytea_output', 'xmloption', 'lc_monetary'] as const;

/** Libraries that an ordinary user may have loaded at the start of a session. Setting it later does nothing. */
const atTheStart = { local_preload_libraries: '' };

/** What runs at the start of a session and a superuser alone may switch off; servers before 17 do not know the second. */
const superusers = { session_preload_libraries: '', event_triggers: 'off' };

/** Settings that a session asks for when it connects. */
export type Offer = Readonly<Record<string, string>>;

export const fullOffer: Offer = { ...fixed, ...atTheStart, ...superusers };

/** The part of an offer for sessions that restore: they change definitions, which a target's own event triggers and libraries may have to know. */
export function restoresPart(offer: Offer): Offer {
  return Object.fromEntries(Object.entries(offer).filter(([name]) => !Object.hasOwn(superusers, name)));
}

/** The first statements of a session: plain SETs, which call no function. */
export const firstStatements = Object.entries(fixed)
  .map(([name, value]) => `SET ${name} TO '${value}'`)
  .join('; ');

/** The offer as libpq is told it; with nothing to offer the server is sent no options at all. */
export function withOffer(connection: Connection, offer: Offer): Connection {
  const options = Object.entries(offer).map(([name, value]) => `-c ${name}=${value}`);
  return { PGTZ: 'UTC', ...connection, ...(options.length > 0 && { PGOPTIONS: options.join(' ') }) };
}

/** A smaller offer, after what a server or a pooler has said of one that it refused; undefined when it was not refused for what it offered. */
export function reducedOffer(offer: Offer, complaint: string): Offer | undefined {
  const without = (names: readonly string[]) => {
    const left = Object.entries(offer).filter(([name]) => !names.includes(name));
    return left.length < Object.keys(offer).length ? Object.fromEntries(left) : undefined;
  };
  // words of PgBouncer, which others use too, and of RDS Proxy
  if (/unsupported startup parameter|support command-line options/.test(complaint)) return without(Object.keys(offer));
  const unknown = /unrecognized configuration parameter "(\w+)"/.exec(complaint)?.[1];
  if (unknown !== undefined) return without([unknown]);
  const forbidden = /permission denied to set parameter "(\w+)"/.exec(complaint)?.[1];
  return forbidden === undefined ? undefined : without([...Object.keys(superusers), forbidden]);
}
