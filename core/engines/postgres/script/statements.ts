import { DumpMalformedError } from '../../../errors.ts';

/**
 * A piece of a script: a statement with its `;`, or a line that is a `--` comment or a psql meta-command. `start` and
 * `end` are offsets; a line's exclude its line feed.
 */
export interface Piece {
  kind: 'statement' | 'line';
  start: number;
  end: number;
}

const [tab, lineFeed, carriageReturn, space, doubleQuote, dollar, quote, open, close, star, hyphen, slash, semicolon, backslash] = [
  9, 10, 13, 32, 34, 36, 39, 40, 41, 42, 45, 47, 59, 92,
] as const;

/**
 * Finds the first piece of a script at or after `at`; undefined if there is none, or none that is complete yet.
 * Quotes, dollar quotes, nested comments and parentheses are read as PostgreSQL reads them (documentation, 4.1 Lexical
 * Structure; standard_conforming_strings is on in every dump). Bytes above 127 count as letters, which holds in every
 * server encoding.
 * Throws DumpMalformedError if a backslash stands outside quotes: pg_dump writes none, and psql would read a command.
 */
export function nextPiece(script: Buffer, at: number): Piece | undefined {
  let start = at;
  while (isSpace(script[start])) start++;
  const first = script[start];
  if (first === backslash || (first === hyphen && script[start + 1] === hyphen)) {
    const end = script.indexOf(lineFeed, start);
    return end < 0 ? undefined : { kind: 'line', start, end };
  }
  const end = endOfStatement(script, start);
  return end === undefined ? undefined : { kind: 'statement', start, end };
}

function endOfStatement(script: Buffer, start: number): number | undefined {
  let depth = 0;
  const body = routine.test(script.toString('latin1', start, start + routineSize)) ? new Body() : undefined;
  for (let at = start; at < script.length; ) {
    const byte = script[at];
    let end = at + 1;
    if (isLetter(byte) && byte !== dollar) {
      while (isLetter(script[end])) end++;
      if (depth === 0) body?.word(script, at, end);
    } else if (byte === quote) end = isEscapeString(script, at) ? endOfEscapeString(script, at + 1) : after(script, "'", at + 1);
    else if (byte === doubleQuote) end = after(script, '"', at + 1);
    else if (byte === hyphen && script[at + 1] === hyphen) end = after(script, '\n', at + 2);
    else if (byte === slash && script[at + 1] === star) end = endOfComment(script, at + 2);
    else if (byte === dollar) end = endOfDollarQuote(script, at);
    else if (byte === open) depth++;
    else if (byte === close) depth = Math.max(0, depth - 1);
    else if (byte === backslash) throw new DumpMalformedError('the dump has a backslash inside a statement, where psql would take it for a command');
    else if (byte === semicolon && depth === 0 && !body?.isOpen) return end;
    if (end < 0) return undefined;
    at = end;
  }
  return undefined;
}

/**
 * The only statements that contain others without quotes or parentheses around them: their body may be `BEGIN ATOMIC …;
 * …; END` (documentation, CREATE FUNCTION, sql_body).
 */
const routine = /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\s/i;
const routineSize = 80;

/**
 * Nesting of such a body, followed by its words outside parentheses: `CASE` ends with `END` too. psql reads it in the
 * same way.
 */
class Body {
  #depth = 0;
  #begins = false;

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  word(script: Buffer, start: number, end: number): void {
    const word = end - start > 6 ? '' : script.toString('latin1', start, end).toUpperCase();
    if (this.#depth === 0) {
      if (this.#begins && word === 'ATOMIC') this.#depth = 1;
    } else if (word === 'CASE') this.#depth++;
    else if (word === 'END') this.#depth--;
    this.#begins = word === 'BEGIN';
  }
}

/** Returns the offset after the next occurrence, or -1. */
function after(script: Buffer, token: string, at: number): number {
  const found = script.indexOf(token, at, 'latin1');
  return found < 0 ? -1 : found + token.length;
}

function isEscapeString(script: Buffer, at: number): boolean {
  const before = script[at - 1];
  return (before === 0x45 || before === 0x65) && !isLetter(script[at - 2]);
}

function endOfEscapeString(script: Buffer, at: number): number {
  for (let each = at; each < script.length; each++) {
    if (script[each] === backslash) each++;
    else if (script[each] === quote) {
      // `''` is a quote; the byte after the last one is not known yet, but no statement ends with a string
      if (script[each + 1] !== quote) return each + 1;
      each++;
    }
  }
  return -1;
}

function endOfComment(script: Buffer, at: number): number {
  let nested = 1;
  for (let each = at; each < script.length - 1; each++) {
    if (script[each] === slash && script[each + 1] === star) nested++;
    else if (script[each] === star && script[each + 1] === slash) nested--;
    else continue;
    each++;
    if (nested === 0) return each + 1;
  }
  return -1;
}

/**
 * Returns the offset after the dollar quote, or -1 if its end has not come. A `$` that begins no tag is part of an
 * operator or a parameter. A tag may be cut: then there is no second `$` yet, and the statement is not complete either.
 */
function endOfDollarQuote(script: Buffer, at: number): number {
  const tag = /^\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$/.exec(script.toString('latin1', at, at + 256))?.[0];
  return tag === undefined ? at + 1 : after(script, tag, at + tag.length);
}

function isLetter(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || (byte >= 0x61 && byte <= 0x7a) || byte === dollar || byte > 127;
}

function isSpace(byte: number | undefined): boolean {
  return byte === lineFeed || byte === space || byte === carriageReturn || byte === tab;
}
