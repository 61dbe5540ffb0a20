import { DumpMalformedError } from '../../../errors.ts';

/** A piece of a script. `start` and `end` are offsets of its text, without the delimiter or line feed; the next piece begins at or after `next`. */
export interface Piece {
  kind: 'statement' | 'comment' | 'delimiter';
  start: number;
  end: number;
  next: number;
}

/** How the server was last told to read strings (sql_mode). */
export interface Quoting {
  /** NO_BACKSLASH_ESCAPES is not set. */
  backslashEscapes: boolean;
  /** ANSI_QUOTES: `"` encloses names. */
  ansiQuotes: boolean;
  /** MySQL's `$$ … $$`, with a tag between the signs or none: libraries and routines in JavaScript (documentation, String Literals). */
  dollarQuotes: boolean;
}

const [tab, lineFeed, carriageReturn, space, bang, doubleQuote, hash, quote, star, hyphen, slash, semicolon, bigM, bigN, backslash, backquote, dollar] = [
  9, 10, 13, 32, 0x21, 0x22, 0x23, 0x27, 0x2a, 0x2d, 0x2f, 0x3b, 0x4d, 0x4e, 0x5c, 0x60, 0x24,
] as const;

/**
 * The first piece of a script at or after `at`; undefined when it is not whole yet, or there is none. The script is split as the clients mysql and mariadb split it: strings, names, comments and the delimiter are told apart,
 * what stands in a versioned comment (`/*!50003`) is read like everything else. A backslash outside strings is a DumpMalformedError: a client would read a command. Bytes above 127 are letters, as in UTF-8.
 */
export function nextPiece(script: Buffer, at: number, delimiter: string, quoting: Quoting): Piece | undefined {
  const start = afterSpace(script, at);
  const isComment = script[start] === hyphen && script[start + 1] === hyphen;
  if (isComment || script.toString('latin1', start, start + 10).toUpperCase() === 'DELIMITER ') {
    const end = script.indexOf(lineFeed, start);
    return end < 0 ? undefined : { kind: isComment ? 'comment' : 'delimiter', start, end, next: end + 1 };
  }
  const end = endOfStatement(script, start, delimiter, quoting);
  return end === undefined ? undefined : { kind: 'statement', start, end, next: end + delimiter.length };
}

/** The offset of the first byte that is not white space. */
export function afterSpace(script: Buffer, at: number): number {
  let start = at;
  while (isSpace(script[start])) start++;
  return start;
}

function endOfStatement(script: Buffer, start: number, delimiter: string, quoting: Quoting): number | undefined {
  for (let at = start; at < script.length; ) {
    const byte = script[at];
    const following = script[at + 1];
    let end = at + 1;
    if (byte === quote) end = endOfString(script, at, quoting.backslashEscapes);
    else if (byte === doubleQuote) end = endOfString(script, at, quoting.backslashEscapes && !quoting.ansiQuotes);
    else if (byte === backquote) end = after(script, '`', at + 1);
    else if (byte === semicolon && (delimiter === ';' || following === semicolon)) return at;
    else if (byte === hash || (byte === hyphen && following === hyphen && isSpace(script[at + 2]))) end = after(script, '\n', at + 1);
    else if (byte === slash && following === star) end = endOfComment(script, at);
    else if (byte === dollar && quoting.dollarQuotes) end = endOfDollarQuote(script, at);
    else if (byte === backslash && following !== undefined) end = afterNull(following, at);
    if (end < 0) return undefined;
    at = end;
  }
  return undefined;
}

/** The offset after the next occurrence, or -1. */
function after(script: Buffer, token: string, at: number): number {
  const found = script.indexOf(token, at, 'latin1');
  return found < 0 ? -1 : found + token.length;
}

/** Doubled quotes end a string and begin another, which comes to the same. */
function endOfString(script: Buffer, at: number, hasEscapes: boolean): number {
  const closing = script[at];
  for (let each = at + 1; each < script.length; each++) {
    if (script[each] === closing) return each + 1;
    if (hasEscapes && script[each] === backslash) each++;
  }
  return -1;
}

/** Within a word a `$` is a letter. A tag may be cut: then there is no second sign yet, and the statement is not whole either. */
function endOfDollarQuote(script: Buffer, at: number): number {
  const tag = /^\$\w*\$/.exec(script.toString('latin1', at, at + 256))?.[0];
  return tag === undefined || /[\w$\x80-\xff]/.test(script.toString('latin1', at - 1, at)) ? at + 1 : after(script, tag, at + tag.length);
}

/** A versioned comment is code: what follows its opening is read on. */
function endOfComment(script: Buffer, at: number): number {
  const [first, second] = [script[at + 2], script[at + 3]];
  if (first === undefined || (first === bigM && second === undefined)) return -1;
  return first === bang || (first === bigM && second === bang) ? at + 3 : after(script, '*/', at + 2);
}

/** `\N` is NULL, and no command of any client. */
function afterNull(following: number, at: number): number {
  if (following !== bigN) throw new DumpMalformedError('the dump has a backslash outside strings, where the client would take it for a command');
  return at + 2;
}

function isSpace(byte: number | undefined): boolean {
  return byte === lineFeed || byte === space || byte === carriageReturn || byte === tab;
}
