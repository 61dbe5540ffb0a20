/**
 * Object that a CREATE statement makes. A view comes twice: first as a stand-in without contents, for views that need
 * it.
 */
export interface Creation {
  kind: 'TABLE' | 'VIEW' | 'STAND-IN' | 'SEQUENCE' | 'FUNCTION' | 'PROCEDURE' | 'PACKAGE' | 'PACKAGE BODY' | 'TRIGGER' | 'EVENT' | 'LIBRARY';
  name: string;
}

const name = '`(?:[^`]|``)+`';
/**
 * A name that the tool did not quote itself. With ANSI_QUOTES, names are in double quotes. A trigger is dumped as it
 * was written: quoted or not, with its database or not.
 */
const written = String.raw`(?:[\w$\x80-\xff]+|${name}|"(?:[^"]|"")+")`;
const account = `${written}(?:@(?:${written}|\`\`|""))?`;
const value = String.raw`(?:'(?:[^'\\]|\\.|'')*'|@@?[\w.]+|[\w+:-]+)`;
const assignment = String.raw`((?:SESSION |LOCAL )?@{0,2}[\w.]+) ?= ?(${value})`;

const creation = new RegExp(
  `^CREATE (?:OR REPLACE )?(ALGORITHM=\\w+ )?(?:DEFINER ?= ?${account} )?(?:SQL SECURITY \\w+ )?(?:AGGREGATE )?(?:JSON (?:RELATIONAL )?DUALITY )?(TABLE|VIEW|SEQUENCE|FUNCTION|PROCEDURE|PACKAGE BODY|PACKAGE|TRIGGER|EVENT|LIBRARY) (?:IF NOT EXISTS )?(?:(?<=TRIGGER (?:IF NOT EXISTS )?)${written} ?\\. ?)?(${written})(?! ?\\.)`,
  'is',
);
/**
 * Beginning of the part after the name. Functions without it come from shared libraries, and tables without it are
 * filled by a query; the tools write neither.
 */
const afterName: Partial<Record<Creation['kind'], RegExp>> = { TABLE: /^ ?\(/, FUNCTION: /^(?: ?\(| RETURN )/i };
const settings = new RegExp(`^SET ${assignment}(?: ?, ?${assignment})*$`, 'i');
const others = [
  /^SET NAMES utf8mb4$/i,
  new RegExp(`^DROP (?:TABLE|VIEW|SEQUENCE|FUNCTION|PROCEDURE|PACKAGE|PACKAGE BODY|TRIGGER|EVENT|LIBRARY) IF EXISTS ${name}$`),
  new RegExp(`^LOCK TABLES ${name} WRITE$`),
  /^UNLOCK TABLES$/,
  new RegExp(`^ALTER TABLE ${name} (?:DISABLE|ENABLE) KEYS$`),
  new RegExp(`^ALTER DATABASE ${name} CHARACTER SET \\w+ COLLATE \\w+$`),
  new RegExp(`^(?:DO|SELECT) SETVAL\\(${name}, -?\\d+, [01]\\)$`),
  /^COMMIT$/i,
];

/**
 * Session settings that the tools change, and user variables in which they keep the old values. No others may be set: a
 * dump could switch off what a restore relies on.
 */
const settable = new Set(
  'character_set_client character_set_results collation_connection time_zone unique_checks foreign_key_checks sql_mode sql_notes note_verbosity autocommit system_versioning_insert_history'.split(
    ' ',
  ),
);
const kept = /^@(?:OLD|saved|save)_\w+$/i;

/** Definitions that contain statements; they stand between `DELIMITER ;;` and `DELIMITER ;`. */
const withBodies = new Set(['FUNCTION', 'PROCEDURE', 'PACKAGE', 'PACKAGE BODY', 'TRIGGER', 'EVENT', 'LIBRARY']);

/** Bytes that suffice to recognize a statement: a definer may have 32 characters and 255 for its host, the name 64. */
const beginningSize = 4096;

/**
 * Normalizes a statement, or the beginning of a long one, as latin1: without comments and the signs of versioned ones,
 * and with single spaces outside quotes.
 */
export function plainBeginning(statement: Buffer): string {
  return statement
    .toString('latin1', 0, beginningSize)
    .replace(/(`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*')|(?:\/\*M?!\d*|\/\*.*?\*\/|\*\/|\s)+/gs, (_, quoted?: string) => quoted ?? ' ')
    .trim();
}

/** Returns the object that the statement with this beginning makes, if any. */
export function creationOf(beginning: string): Creation | undefined {
  const [whole, algorithm, word, written = ''] = creation.exec(beginning) ?? [];
  if (whole === undefined || word === undefined) return undefined;
  const kind = (word.toUpperCase() === 'VIEW' && algorithm === undefined ? 'STAND-IN' : word.toUpperCase()) as Creation['kind'];
  return afterName[kind]?.test(beginning.slice(whole.length)) === false ? undefined : { kind, name: unquoted(written) };
}

/**
 * Returns true if mysqldump or mariadb-dump write such a statement before this delimiter. Looks only at the beginning
 * of a definition: the server guards the rest.
 */
export function isKnown(beginning: string, delimiter: string): boolean {
  const made = creationOf(beginning);
  if (made) return withBodies.has(made.kind) === (delimiter !== ';');
  return isSetting(beginning) || others.some((known) => known.test(beginning));
}

/** Assignment to a setting or a user variable. */
export interface Assignment {
  /** Name of a setting, in small letters, or of a user variable, as it stands. */
  target: string;
  value: string;
}

/** Lists the assignments of a SET, in their order; none for other statements. */
export function assignmentsIn(beginning: string): Assignment[] {
  if (!settings.test(beginning)) return [];
  return [...beginning.replace(/^SET /i, '').matchAll(new RegExp(`${assignment}(?: ?, ?|$)`, 'gi'))].map(([, target = '', value = '']) => ({
    target: kept.test(target) ? target : target.replace(/^(?:SESSION |LOCAL )?(?:@@(?:session\.)?)?/i, '').toLowerCase(),
    value,
  }));
}

function isSetting(beginning: string): boolean {
  const all = assignmentsIn(beginning);
  return all.length > 0 && all.every(({ target }) => kept.test(target) || settable.has(target));
}

/** Turns a name as written, in latin1, into UTF-8 text without quotes. */
export function unquoted(written: string): string {
  const quote = written[0] ?? '';
  const bare = quote === '`' || quote === '"' ? written.slice(1, -1).replaceAll(quote + quote, quote) : written;
  return Buffer.from(bare, 'latin1').toString('utf8');
}
