import type { Connection } from './connection.ts';

/** Locale in which type money is written and read; every server knows it. */
const monetary = 'C';

/**
 * Settings that give a statement, ours or the tool's, the same meaning in every database, whatever roles and databases
 * have set. The search path is empty, so a name stands for PostgreSQL's own object, never for one that somebody has
 * planted in a schema (CVE-2018-1058); and an index finds all rows. pg_dump sets DateStyle, IntervalStyle,
 * extra_float_digits and its timeouts itself.
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
  gin_fuzzy_search_limit: '0',
  exit_on_error: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
} as const;

/** The fixed settings that change the text of a dump and that pg_dump does not set itself. */
export const settingsOfOutput = ['quote_all_identifiers', 'standard_conforming_strings', 'bytea_output', 'xmloption', 'lc_monetary'] as const;

/** Libraries that an ordinary user may have loaded at the start of a session. Setting this later does nothing. */
const atTheStart = { local_preload_libraries: '' };

/**
 * Settings that only a superuser may change: the language of messages, code that runs at the start of a session,
 * whether damaged pages are passed over without an error, and how much a query may sort on disk. Servers before 17 do
 * not know `event_triggers`.
 */
const superusers = {
  lc_messages: 'C',
  session_preload_libraries: '',
  event_triggers: 'off',
  zero_damaged_pages: 'off',
  ignore_checksum_failure: 'off',
  temp_file_limit: '-1',
};

/** Settings that a session asks for when it connects. */
export type Offer = Readonly<Record<string, string>>;

/** The language comes first: what a server says of the settings after it is English then. */
export const fullOffer: Offer = { ...superusers, ...fixed, ...atTheStart };

/** Returns the offer that a server of this major version takes whole from a superuser. */
export function offerTo(major: number): Offer {
  const { event_triggers: _, ...older } = fullOffer;
  return major >= 17 ? fullOffer : older;
}

/**
 * Returns the part of an offer that suits sessions which restore. Such sessions change definitions, and a target's own
 * event triggers and libraries may have to see that; and its definitions may read rows in its own form of `bytea`.
 */
export function restoresPart(offer: Offer): Offer {
  const { bytea_output: _, session_preload_libraries: __, event_triggers: ___, ...part } = offer;
  return part;
}

/** Returns the part of an offer that a server takes from a user who is no superuser. */
export function ordinaryPart(offer: Offer): Offer {
  return Object.fromEntries(Object.entries(offer).filter(([name]) => !Object.hasOwn(superusers, name)));
}

/** The first statements of a session: plain SETs, which call no function. */
export const firstStatements = Object.entries(fixed)
  .map(([name, value]) => `SET ${name} TO '${value}'`)
  .join('; ');

/** A setting that means nothing to a server. A session that has it knows that no pooler has dropped its offer. */
export const [arrival, hasArrived] = ['sauvegarde.offer', 'arrived'];

/** Adds an offer to a connection, as libpq's PGOPTIONS. An empty offer sends the server no options at all. */
export function withOffer(connection: Connection, offer: Offer): Connection {
  if (Object.keys(offer).length === 0) return { PGTZ: 'UTC', ...connection };
  const options = Object.entries({ ...offer, [arrival]: hasArrived }).map(([name, value]) => `-c ${name}=${value}`);
  return { PGTZ: 'UTC', ...connection, PGOPTIONS: options.join(' ') };
}

/**
 * Returns a smaller offer, chosen by the complaint of the server or pooler that refused this one; undefined if the
 * offer was not the reason.
 */
export function reducedOffer(offer: Offer, complaint: string): Offer | undefined {
  const without = (names: readonly string[]) => {
    const left = Object.entries(offer).filter(([name]) => !names.includes(name));
    return left.length < Object.keys(offer).length ? Object.fromEntries(left) : undefined;
  };
  // PgBouncer's words, which other poolers use too, and RDS Proxy's
  if (/unsupported startup parameter|support command-line options/.test(complaint)) return without(Object.keys(offer));
  const unknown = /unrecognized configuration parameter "(\w+)"/.exec(complaint)?.[1];
  if (unknown !== undefined) return without([unknown]);
  // the first that is refused to an ordinary user, in any language
  if (/\blc_messages\b/.test(complaint)) return without(Object.keys(superusers));
  const forbidden = /permission denied to set parameter "(\w+)"/.exec(complaint)?.[1];
  return forbidden === undefined ? undefined : without([...Object.keys(superusers), forbidden]);
}
