import { DumpMalformedError } from '../../../errors.ts';
import type { RowReader, Separator } from './count-rows.ts';

const [lineFeed, space, quote, open, close, comma, zero, semicolon, backslash, bigN, underscore, littleB, littleX] = [
  0x0a, 0x20, 0x27, 0x28, 0x29, 0x2c, 0x30, 0x3b, 0x5c, 0x4e, 0x5f, 0x62, 0x78,
] as const;

/** Position within an INSERT's rows. */
type Place =
  | 'before row' // its `(`
  | 'before value' // or the `)` of a row without any
  | 'string'
  | 'escape'
  | 'after string' // a second quote would go on with it
  | 'zero' // the beginning of `0x…`, or of a number
  | 'hexadecimal'
  | 'number'
  | 'null'
  | 'introducer' // `_binary`
  | 'before string'
  | 'bits'
  | 'after value'
  | 'after row'
  | 'before line';

/**
 * Reads rows byte by byte, stops after each, and passes only what the tools write: numbers, NULL, strings with or
 * without an introducer, `0x…` and `b'…'`. Several times slower than counting: for dumps that are restored, or hashed
 * row by row.
 */
export class StrictRows implements RowReader {
  rows = 0;
  ended = false;
  #place: Place = 'before row';
  /** Bytes of the current word that were read. */
  #read = 0;
  readonly #separator: Separator;

  constructor(separator: Separator) {
    this.#separator = separator;
  }

  read(bytes: Buffer, start: number): number {
    const { rows } = this;
    for (let at = start; at < bytes.length; ) {
      if (this.#place === 'string') {
        const end = endOfPlainText(bytes, at);
        if (end >= bytes.length) return end;
        this.#place = bytes[end] === quote ? 'after string' : 'escape';
        at = end + 1;
      } else if (this.#place === 'hexadecimal') {
        at = endOfHexadecimal(bytes, at);
        if (at < bytes.length) this.#place = 'after value';
      } else {
        this.#place = this.#next(bytes[at] as number);
        if (this.ended) return at;
        at++;
        if (this.rows > rows) return at;
      }
    }
    return bytes.length;
  }

  #next(byte: number): Place {
    switch (this.#place) {
      case 'before row':
        return byte === open ? 'before value' : refuse();
      case 'before value':
        return byte === close ? this.#endOfRow() : this.#beginning(byte);
      case 'escape':
        return 'string';
      case 'after string':
        return byte === quote ? 'string' : this.#afterValue(byte);
      case 'zero':
        return byte === littleX ? 'hexadecimal' : this.#number(byte);
      case 'number':
        return this.#number(byte);
      case 'null':
        return this.#word('NULL', byte);
      case 'introducer':
        return byte === space ? 'before string' : isWord(byte) ? 'introducer' : refuse();
      case 'before string':
        return byte === quote ? 'string' : refuse();
      case 'bits':
        return this.#bits(byte);
      case 'after row':
        return this.#afterRow(byte);
      case 'before line':
        return byte === lineFeed ? 'before row' : refuse();
      default:
        return this.#afterValue(byte);
    }
  }

  #beginning(byte: number): Place {
    this.#read = 1;
    if (byte === quote) return 'string';
    if (byte === zero) return 'zero';
    if (byte === bigN) return 'null';
    if (byte === underscore) return 'introducer';
    if (byte === littleB) return 'bits';
    return isNumeric(byte) ? 'number' : refuse();
  }

  #number(byte: number): Place {
    return isNumeric(byte) ? 'number' : this.#afterValue(byte);
  }

  #word(word: string, byte: number): Place {
    if (this.#read === word.length) return this.#afterValue(byte);
    return byte === word.charCodeAt(this.#read++) ? 'null' : refuse();
  }

  #bits(byte: number): Place {
    const isFirst = this.#read++ === 1;
    if (isFirst) return byte === quote ? 'bits' : refuse();
    if (byte === quote) return 'after value';
    return byte === zero || byte === zero + 1 ? 'bits' : refuse();
  }

  #afterValue(byte: number): Place {
    if (byte === comma) return 'before value';
    return byte === close ? this.#endOfRow() : refuse();
  }

  #endOfRow(): Place {
    this.rows++;
    return 'after row';
  }

  #afterRow(byte: number): Place {
    this.ended = byte === semicolon;
    if (this.ended) return 'after row';
    if (byte !== comma) return refuse();
    return this.#separator === ',' ? 'before row' : 'before line';
  }
}

function refuse(): never {
  throw new DumpMalformedError('the dump has rows that hold something else than values');
}

/** Returns the offset of the first quote or backslash. */
function endOfPlainText(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== quote && bytes[at] !== backslash) at++;
  return at;
}

function endOfHexadecimal(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && isHexadecimal(bytes[at] as number)) at++;
  return at;
}

function isHexadecimal(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** Accepts digits, `-`, `+`, `.` and the `e` of `1e20`. */
function isNumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65;
}

function isWord(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === underscore;
}
