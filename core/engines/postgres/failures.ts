import {
  AccessDeniedError,
  type SauvegardeError,
  SourceLockedError,
  SourceMissingError,
  SourceUnreachableError,
  TlsRefusedError,
  ToolFailedError,
  ToolTooOldError,
} from '../../errors.ts';
import { postgresCard } from './card.ts';
import { inEnglishToo } from './french.ts';

type ErrorClass = new (message: string) => SauvegardeError;

/** A standby has applied a change of its primary to what a session still needed. */
const conflict = /due to conflict with recovery/;

/**
 * Messages of PostgreSQL's programs on standard error, and their meaning. The first match counts. The programs' own are
 * in English, since they are started with LC_ALL=C. Sources: libpq's fe-connect.c and fe-secure-*.c, pg_dump.c; server
 * messages by SQLSTATE class in the documentation's appendix A.
 */
const meanings: [RegExp, ErrorClass][] = [
  [conflict, SourceLockedError],
  // a lost connection, which is retryable, though OpenSSL is the one that notices
  [/SSL connection has been closed|unexpected eof while reading|bad record mac|terminating connection|server closed the connection/i, SourceUnreachableError],
  // pg_dump turns --lock-wait-timeout into a statement_timeout
  [/canceling statement due to statement timeout.*LOCK TABLE/s, SourceLockedError],
  [
    /certificate verify failed|does not match host name|SSL error|certificate .* expired|server does not support SSL|root certificate file|requires? SSL|self-signed certificate/i,
    TlsRefusedError,
  ],
  // this attempt was without TLS and refused; with sslmode=prefer the attempt before, with TLS, was refused too, and
  // then TLS is not the reason
  [/^(?!.*, SSL encryption).*pg_hba\.conf .*, no encryption/s, TlsRefusedError],
  [/server version mismatch/i, ToolTooOldError],
  [
    /password authentication failed|no password supplied|authentication failed|no pg_hba\.conf entry|role ".*" does not exist|permission denied|must be owner|row-level security|pg_hba\.conf rejects|(ERROR|FATAL): +(28P01|28000|42501)/i,
    AccessDeniedError,
  ],
  [/database ".*" does not exist|(ERROR|FATAL): +3D000|no matching (tables|schemas)/is, SourceMissingError],
  [
    /could not translate host name|Name or service not known|Connection refused|Connection timed out|timeout expired|No route to host|Network is unreachable|No such file or directory.*socket|is the server running|the database system is (starting up|shutting down|in recovery)|too many (connections|clients)|remaining connection slots|server closed the connection|terminating connection|connection to server .* (lost|failed)|could not receive data|SSL SYSCALL|no connection to the server/is,
    SourceUnreachableError,
  ],
  [/lock timeout|could not obtain lock|55P03|deadlock/i, SourceLockedError],
];

/** Longest quotation of a complaint, in characters: enough to act on, while a failed statement can be long. */
const mostQuoted = 400;

/** Makes the error that a program's status and complaint mean. */
export function postgresError(program: string, status: number | NodeJS.Signals | null, complaint: string): SauvegardeError {
  const said = complaint
    .split(/^(?=pg_dump: )/m)
    .filter((part) => !/^pg_dump: detail: (?:Query|Command) was: /.test(part)) // a statement can have several lines
    .join('')
    .split('\n')
    .filter((line) => !/^(pg_dump|psql): (hint: |detail: (?!Error message from server: ))|^(DETAIL|CONTEXT|LINE \d+|\s+\^)|Command was:/.test(line.trim()))
    .map((line) => line.replace(/^pg_dump: detail: (?:Error message from server: )?/, ''))
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, mostQuoted);
  if (typeof status === 'string') return new ToolFailedError(`${program} was ended by ${status}${said ? `: ${said}` : ''}`);
  const understood = inEnglishToo(complaint);
  const known = meanings.find(([pattern]) => pattern.test(understood));
  const message = said || `${program} ended with status ${status} and said nothing`;
  return known ? new known[1](message + hintFor(known[1], understood)) : new ToolFailedError(`${program} ended with status ${status}: ${message}`);
}

function hintFor(kind: ErrorClass, understood: string): string {
  if (kind === AccessDeniedError && /permission denied/i.test(understood)) return `. The role ${postgresCard.readingRole} is enough to read`;
  if (!conflict.test(understood)) return '';
  return '. On the standby, hot_standby_feedback = on lets the primary keep the rows that a dump needs, and max_standby_streaming_delay is how long changes of tables wait for it';
}

/** Returns true if a role, a database or a server already has all the connections that it may have. */
export function isAtItsLimit(error: unknown): boolean {
  return error instanceof SourceUnreachableError && /too many (connections|clients)|remaining connection slots/i.test(inEnglishToo(error.message));
}

/** The contents that stopped pg_dump: a table's rows, or a large object. */
export type Stopped = { /** As pg_dump writes it: `public.person`. */ table: string; reason: string } | { largeObject: string; reason: string };

/** Errors of a COPY that another attempt may not meet, or that are the user's. */
const passing =
  /permission denied|row-level security|canceling statement|terminating connection|deadlock|out of (shared )?memory|No space left|temporary file|too many|does not exist|snapshot/i;

/** Reads from pg_dump's complaint what the server could not give, and its words; undefined if retrying may help. */
export function stoppedBy(complaint: string): Stopped | undefined {
  const [, largeObject, why = ''] = /(?:could not open|error reading) large object (\d+): (?:ERR(?:OR|EUR): +)?(.*)/.exec(complaint) ?? [];
  if (largeObject !== undefined) return passing.test(inEnglishToo(why)) ? undefined : { largeObject, reason: why };
  const reason = /(?:Error message from server|query failed): ERR(?:OR|EUR): +(.*)/.exec(complaint)?.[1];
  const table = /(?:Command|Query) was: COPY ((?:"(?:[^"]|"")*"|[^\s".(]+)\.(?:"(?:[^"]|"")*"|[^\s".(]+)) /s.exec(complaint)?.[1];
  const isLarge = /enlarge string buffer|string buffer exceeds|invalid memory alloc/.test(complaint);
  return reason === undefined || table === undefined || (passing.test(inEnglishToo(reason)) && !isLarge) ? undefined : { table, reason };
}

/** Returns true if an object of the dump's snapshot was dropped before the dump could lock or read it. */
export function isOvertaken(error: unknown): boolean {
  return (
    error instanceof ToolFailedError &&
    /(relation|schema|type|function) .* does not exist|could not (open|find) relation|cache lookup failed|could not find tuple/i.test(
      inEnglishToo(error.message),
    )
  );
}

/** Returns true if a program has failed by itself, not because somebody ended it: a damaged catalogue can crash it. */
export function hasFailedItself(error: unknown): error is ToolFailedError {
  return error instanceof ToolFailedError && !/was ended by SIG(KILL|TERM|INT|HUP)/.test(error.message);
}
