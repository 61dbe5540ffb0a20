import { DumpMalformedError } from '../../../errors.ts';

/**
 * A piece of a script. `start` and `end` are offsets of its text, without the delimiter or line feed; the next piece
 * begins at or after `next`.
 */
export interface Piece {
  kind: 'statement' | 'comment' | 'delimiter';
  start: number;
  end: number;
  next: number;
}

/** Rules by which the server reads strings at this point (sql_mode). */
export interface Quoting {
  /** False under NO_BACKSLASH_ESCAPES. */
  backslashEscapes: boolean;
  /** True under ANSI_QUOTES: `"` encloses names. */
  ansiQuotes: boolean;
  /**
   * True for MySQL, which has `$$ … $$`, with or without a tag between the signs, for libraries and routines in
   * JavaScript (documentation, String Literals).
   */
  dollarQuotes: boolean;
}

const [tab, lineFeed, carriageReturn, space, bang, doubleQuote, hash, quote, star, hyphen, slash, semicolon, bigM, bigN, backslash, backquote, dollar] = [
  9, 10, 13, 32, 0x21, 0x22, 0x23, 0x27, 0x2a, 0x2d, 0x2f, 0x3b, 0x4d, 0x4e, 0x5c, 0x60, 0x24,
] as const;

/**
 * Finds the first piece of a script at or after `at`; undefined if there is none, or none that is complete yet.
 * Splits as the clients mysql and mariadb do: strings, names, comments and the delimiter are told apart, and a
 * versioned comment (`/*!50003`) is read like all other text. Bytes above 127 are letters, as in UTF-8.
 * Throws DumpMalformedError if a backslash stands outside strings: a client would read a command.
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

/** Returns the offset of the first byte that is not white space. */
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

/** Returns the offset after the next occurrence, or -1. */
function after(script: Buffer, token: string, at: number): number {
  const found = script.indexOf(token, at, 'latin1');
  return found < 0 ? -1 : found + token.length;
}

/**
 * Returns the offset after the string, or -1. A doubled quote ends a string and begins another, which gives the same
 * result.
 */
function endOfString(script: Buffer, at: number, hasEscapes: boolean): number {
  const closing = script[at];
  for (let each = at + 1; each < script.length; each++) {
    if (script[each] === closing) return each + 1;
    if (hasEscapes && script[each] === backslash) each++;
  }
  return -1;
}

/**
 * Returns the offset after the dollar quote, or -1 if its end has not come. Within a word, `$` is a letter. A tag may
 * be cut: then there is no second sign yet, and the statement is not complete either.
 */
function endOfDollarQuote(script: Buffer, at: number): number {
  const tag = /^\$\w*\$/.exec(script.toString('latin1', at, at + 256))?.[0];
  return tag === undefined || /[\w$\x80-\xff]/.test(script.toString('latin1', at - 1, at)) ? at + 1 : after(script, tag, at + tag.length);
}

/** Returns the offset after a comment. A versioned comment is code: reading goes on after its opening. */
function endOfComment(script: Buffer, at: number): number {
  const [first, second] = [script[at + 2], script[at + 3]];
  if (first === undefined || (first === bigM && second === undefined)) return -1;
  return first === bang || (first === bigM && second === bang) ? at + 3 : after(script, '*/', at + 2);
}

/** `\N` is NULL, and no client's command. */
function afterNull(following: number, at: number): number {
  if (following !== bigN) throw new DumpMalformedError('the dump has a backslash outside strings, where the client would take it for a command');
  return at + 2;
}

function isSpace(byte: number | undefined): boolean {
  return byte === lineFeed || byte === space || byte === carriageReturn || byte === tab;
}
