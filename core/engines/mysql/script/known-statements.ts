/** What a CREATE statement makes. A view comes twice: first as a stand-in without contents, for views that need it. */
export interface Creation {
  kind: 'TABLE' | 'VIEW' | 'STAND-IN' | 'SEQUENCE' | 'FUNCTION' | 'PROCEDURE' | 'PACKAGE' | 'PACKAGE BODY' | 'TRIGGER' | 'EVENT' | 'LIBRARY';
  name: string;
}

const name = '`(?:[^`]|``)+`';
/** With ANSI_QUOTES names are in double quotes. A trigger is dumped as it was written, its name with quotes or without, and of its database perhaps. */
const written = String.raw`(?:[\w$\x80-\xff]+|${name}|"(?:[^"]|"")+")`;
const account = `${written}(?:@(?:${written}|\`\`|""))?`;
const value = String.raw`(?:'(?:[^'\\]|\\.|'')*'|@@?[\w.]+|[\w+:-]+)`;
const assignment = String.raw`((?:SESSION |LOCAL )?@{0,2}[\w.]+) ?= ?(${value})`;

const creation = new RegExp(
  `^CREATE (?:OR REPLACE )?(ALGORITHM=\\w+ )?(?:DEFINER ?= ?${account} )?(?:SQL SECURITY \\w+ )?(?:AGGREGATE )?(TABLE|VIEW|SEQUENCE|FUNCTION|PROCEDURE|PACKAGE BODY|PACKAGE|TRIGGER|EVENT|LIBRARY) (?:IF NOT EXISTS )?(?:(?<=TRIGGER (?:IF NOT EXISTS )?)${written} ?\\. ?)?(${written})(?! ?\\.)`,
  'is',
);
/** What follows the name. Other functions are of shared libraries, other tables are filled by a query; the tools write neither. */
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

/** Settings of the session that the tools change, and user variables that they keep the old ones in. No other may be set: a dump could switch off what a restore relies on. */
const settable = new Set(
  'character_set_client character_set_results collation_connection time_zone unique_checks foreign_key_checks sql_mode sql_notes note_verbosity autocommit system_versioning_insert_history'.split(
    ' ',
  ),
);
const kept = /^@(?:OLD|saved|save)_\w+$/i;

/** Definitions with statements inside, which stand between `DELIMITER ;;` and `DELIMITER ;`. */
const withBodies = new Set(['FUNCTION', 'PROCEDURE', 'PACKAGE', 'PACKAGE BODY', 'TRIGGER', 'EVENT', 'LIBRARY']);

/** Bytes of a statement in which it says what it is: a definer may have 32 characters and 255 of its host, the name 64. */
const beginningSize = 4096;

/** A statement, or the beginning of a long one, as latin1: without comments and the signs of versioned ones, and with single spaces outside quotes. */
export function plainBeginning(statement: Buffer): string {
  return statement
    .toString('latin1', 0, beginningSize)
    .replace(/(`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*')|(?:\/\*M?!\d*|\/\*.*?\*\/|\*\/|\s)+/gs, (_, quoted?: string) => quoted ?? ' ')
    .trim();
}

/** What the statement with this beginning makes, if anything. */
export function creationOf(beginning: string): Creation | undefined {
  const [whole, algorithm, word, written = ''] = creation.exec(beginning) ?? [];
  if (whole === undefined || word === undefined) return undefined;
  const kind = (word.toUpperCase() === 'VIEW' && algorithm === undefined ? 'STAND-IN' : word.toUpperCase()) as Creation['kind'];
  return afterName[kind]?.test(beginning.slice(whole.length)) === false ? undefined : { kind, name: unquoted(written) };
}

/** Whether mysqldump or mariadb-dump write such a statement before this delimiter. Of a definition only its beginning is looked at: what it does is the server's affair. */
export function isKnown(beginning: string, delimiter: string): boolean {
  const made = creationOf(beginning);
  if (made) return withBodies.has(made.kind) === (delimiter !== ';');
  return isSetting(beginning) || others.some((known) => known.test(beginning));
}

/** A setting or a user variable, and what it is set to. */
export interface Assignment {
  /** A setting's name alone, in small letters; a user variable's as it stands. */
  target: string;
  value: string;
}

/** What a SET assigns, in its order; nothing of other statements. */
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

/** A name as it is written, in latin1, as the text that it is in UTF-8. */
export function unquoted(written: string): string {
  const quote = written[0] ?? '';
  const bare = quote === '`' || quote === '"' ? written.slice(1, -1).replaceAll(quote + quote, quote) : written;
  return Buffer.from(bare, 'latin1').toString('utf8');
}
