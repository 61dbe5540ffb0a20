import {
  AccessDeniedError,
  DumpIncompleteError,
  type SauvegardeError,
  SourceCorruptError,
  SourceLockedError,
  SourceMissingError,
  SourceUnreachableError,
  StorageFullError,
  TlsRefusedError,
  ToolFailedError,
} from '../../errors.ts';

type ErrorClass = new (message: string) => SauvegardeError;

/**
 * Meanings of the servers' and the clients' error numbers (MySQL's manual, "Error Message Reference"; MariaDB's
 * documentation, "Error Codes"). The words beside a number may be in any language.
 */
const meanings: [ErrorClass, number[]][] = [
  // a password or a right; 1820, 1862: an expired password; 3118, 4151: a locked account; 1251, 1524, 1698, 2049, 2054,
  // 2059, 2061: a way to authenticate
  [AccessDeniedError, [1044, 1045, 1130, 1142, 1143, 1227, 1251, 1370, 1524, 1698, 1820, 1862, 2049, 2054, 2059, 2061, 3118, 3955, 4151]],
  [SourceMissingError, [1049]],
  // 3159: the server requires TLS
  [TlsRefusedError, [2026, 3159]],
  // nobody answers, too many connections, or the connection ended; 1317, 1927, 3169: by KILL
  [
    SourceUnreachableError,
    [
      1040, 1041, 1042, 1043, 1053, 1077, 1079, 1080, 1129, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1317, 1927, 2002, 2003, 2005, 2006, 2012, 2013,
      2055, 3024, 1969, 3169, 4031,
    ],
  ],
  [SourceLockedError, [1205, 1213, 3572]],
  // 1412: a table was altered after the snapshot; 1684: it is being altered; 1146, 1051: removed; 1356, 1449: a view
  // that can no longer be read
  [DumpIncompleteError, [1051, 1146, 1305, 1356, 1412, 1449, 1684]],
  // a page or an index of a table is damaged; 1194, 1195: a table of MyISAM is marked as crashed; 1812, 1814: the file
  // of a table is missing, or was discarded
  [SourceCorruptError, [1034, 1035, 1194, 1195, 1712, 1812, 1814, 1877]],
  [StorageFullError, [1021, 1114]],
];

/** Remedy of a damaged table. InnoDB of MySQL ends the whole server when it reads a damaged page. */
const salvage =
  "Restore the table from the last good backup; or start the server with innodb_force_recovery = 1, save the rows before and behind the damaged ones (SELECT … WHERE on the key), and make the table anew. CHECK TABLE and the server's log say which pages are damaged";

/** Remedies that the server's words do not name. */
const advice: Record<number, string> = {
  1044: 'If a role has the right, a session must begin with it: SET DEFAULT ROLE (MySQL: … TO the user; MariaDB: … FOR the user)',
  1205: 'Another session kept a lock for too long',
  1213: 'Another session waits to change a table that the dump is reading',
  1356: 'Repair or remove the view: nobody can read it, so it cannot be backed up',
  1370: 'A view calls a function that the user may not run: give the user EXECUTE on the database',
  1412: 'A table was emptied or altered during the dump. If that happens often, choose another hour',
  1684: 'A table was being emptied or altered when the dump reached it. If that happens often, choose another hour',
  1449: 'Make the account that the view names as its definer (CREATE USER … ACCOUNT LOCK), or give the view another one',
};

/** Words of a connection that broke while TLS was negotiated: no refusal, and retryable. */
const lost = /unexpected eof|connection reset|broken pipe|timed? ?out|\b(104|110)\b/i;

/**
 * mysqldump's message, without a number, about a table that got or lost a column meanwhile: it reads the columns in its
 * snapshot, and the rows as they are now.
 */
const fewerColumns = /Error in field count for table/;

/** Longest quotation of a complaint, in characters: enough to act on, while a failed statement can be long. */
const mostQuoted = 400;

/**
 * Finds the error number: `ERROR 1045 (28000)` of the clients; `Got error: 1045:`, `Error 2013:` and `… (1142)` of the
 * dump tools.
 */
export function numberIn(complaint: string): number | undefined {
  const found = /\b(?:ERROR|error:?|errno:?) (\d{4})\b/i.exec(complaint)?.[1] ?? /\((\d{4})\)/.exec(complaint)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Returns true if a user or a server already has all the connections that it may have. */
export function isAtItsLimit(error: unknown): boolean {
  return error instanceof SourceUnreachableError && [1040, 1203, 1226].includes(numberIn(error.message) ?? 0);
}

/** Makes the error that a program's status and complaint mean. Quotes no contents of rows. */
export function mysqlError(program: string, status: number | NodeJS.Signals | null, complaint: string): SauvegardeError {
  const said = wordsOf(complaint).slice(0, mostQuoted);
  if (typeof status === 'string') return new ToolFailedError(`${program} was ended by ${status}${said ? `: ${said}` : ''}`);
  // EX_MYSQLERR of the dump tools; seen without a message when a connection was ended in the middle of rows
  if (said === '' && status === 2) return new SourceUnreachableError(`${program} met an error of the server or of the connection, without a message`);
  const number = numberIn(complaint);
  const known = number === undefined ? undefined : meanings.find(([, numbers]) => numbers.includes(number))?.[0];
  const message = said || `${program} ended with status ${status} and said nothing`;
  if (number === undefined && fewerColumns.test(said)) return new DumpIncompleteError(`${said}. ${advice[1412]}`);
  if (number === undefined || !known) return new ToolFailedError(`${program} ended with status ${status}: ${message}`);
  const isAmidRows = known === SourceUnreachableError && / when dumping table /.test(said);
  const ended = `If the server itself ended just then, as its log says, this table is damaged on disk. ${salvage}`;
  const hint = known === SourceCorruptError ? salvage : isAmidRows ? ended : advice[number];
  return new (number === 2026 && lost.test(said) ? SourceUnreachableError : known)(hint === undefined ? message : `${message}. ${hint}`);
}

/** Removes places in a script that only we have seen: `ERROR 1146 (42S02) at line 12: …`. */
export function withoutPlace(line: string): string {
  return line.replace(/ at line \d+/, '');
}

/** Puts a program's messages on one line, without warnings and without values of rows. */
export function wordsOf(complaint: string): string {
  return complaint
    .split('\n')
    .filter((line) => !/^(\w+(-\w+)?: )?\[?Warning\b/i.test(line.trim()) && !/^-- Warning/.test(line))
    .join(' ')
    .replace(/\s+/g, ' ')
    .replace(/Duplicate entry '.*' for key/g, "Duplicate entry '…' for key")
    .replace(/([Ii]ncorrect [\w ]+ value|[Tt]runcated incorrect [\w ]+ value): '.*'/g, "$1: '…'")
    .replace(/near '.*' at line/g, "near '…' at line")
    .trim();
}
