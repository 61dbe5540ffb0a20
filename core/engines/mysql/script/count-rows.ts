import { DumpMalformedError } from '../../../errors.ts';

/** Reads the tuples of an INSERT as its bytes come, from after `VALUES` to before its `;`. */
export interface RowReader {
  /** Number of rows that have ended so far. */
  readonly rows: number;
  /** True after the INSERT's `;`. */
  readonly ended: boolean;
  /**
   * Reads from `start`. Returns the offset of the `;`, or of the first byte not read: a reader may stop after a row.
   */
  read(bytes: Buffer, start: number): number;
}

/** Separator of two rows: mariadb-dump begins a line for each, mysqldump does not. */
export type Separator = ',' | ',\n';

const [quote, close, semicolon, backslash] = [0x27, 0x29, 0x3b, 0x5c] as const;

/** Flags of a pair of bytes, for the count of rows. */
const [oddQuotes, quoteFirst, backslashLast, needsLook] = [1, 2, 4, 8] as const;

/** Flags by pair; the first byte is the low one, as on all processors that Node runs on. */
const pairs = Uint8Array.from({ length: 65_536 }, (_, pair) => {
  const [first, last] = [pair & 0xff, pair >>> 8];
  const isLooked = first === close || last === close || (first === backslash && last === quote);
  const isOdd = (first === quote) !== (last === quote);
  return (isOdd ? oddQuotes : 0) | (first === quote ? quoteFirst : 0) | (last === backslash ? backslashLast : 0) | (isLooked ? needsLook : 0);
});

/**
 * Counts rows. A row ends with a `)` outside strings, because nothing else in a tuple has parentheses. A string ends
 * with a quote that no odd number of backslashes precedes; `''` ends one string and begins the next, which gives the
 * same count.
 * So the loop passes over four pairs of bytes at a time and keeps only the parity of quotes, until there is a `)` or a
 * quote after a backslash. From there on it looks at single bytes.
 */
export class Rows implements RowReader {
  rows = 0;
  ended = false;
  readonly #glue: Buffer;
  /** Bytes of the glue between two rows that were seen; -1 within a row. */
  #between: number;
  #inString = false;
  #escaped = false;

  constructor(separator: Separator) {
    this.#glue = Buffer.from(`${separator}(`);
    this.#between = this.#glue.length - 1;
  }

  read(bytes: Buffer, start: number): number {
    const { length } = bytes;
    for (let at = start; at < length; ) {
      if (this.#between >= 0) {
        if (this.#isEnd(bytes[at])) return at;
        at++;
      } else if (this.#escaped) {
        this.#escaped = false;
        at++;
      } else at = this.#withinRows(bytes, at);
    }
    return length;
  }

  /** Checks a byte between two rows. Returns true at the INSERT's end. */
  #isEnd(byte: number | undefined): boolean {
    this.ended = this.#between === 0 && byte === semicolon;
    if (!this.ended && byte !== this.#glue[this.#between]) throw new DumpMalformedError('the dump has rows that are not separated as its tool separates them');
    this.#between = this.#between + 1 === this.#glue.length ? -1 : this.#between + 1;
    return this.ended;
  }

  /**
   * Passes over rows whose glue is as expected. Returns the offset after the first row that is not followed by all of
   * it, or the end.
   */
  #withinRows(bytes: Buffer, start: number): number {
    const glue = this.#glue;
    const { length } = bytes;
    const parity = bytes.byteOffset & 1; // pairs begin at even addresses
    const view = new Uint16Array(bytes.buffer, bytes.byteOffset + parity, (length - parity) >> 1);
    const [second, third, gluing] = [glue[1], glue[2], glue.length];
    let rows = 0;
    let at = start;
    let inString = this.#inString;
    let escaped = false;
    while (at < length) {
      if (((at - parity) & 1) === 0 && !escaped) {
        const from = at;
        let index = (at - parity) >> 1;
        let odd = 0;
        let before = 0;
        for (const last = view.length - 4; index <= last; index += 4) {
          const a = pairs[view[index] as number] as number;
          const b = pairs[view[index + 1] as number] as number;
          const c = pairs[view[index + 2] as number] as number;
          const d = pairs[view[index + 3] as number] as number;
          const quotesAfterBackslashes = ((before >> 1) & a) | ((a >> 1) & b) | ((b >> 1) & c) | ((c >> 1) & d);
          if ((quotesAfterBackslashes & quoteFirst) | ((a | b | c | d) & needsLook)) break;
          odd ^= a ^ b ^ c ^ d;
          before = d;
        }
        at = index * 2 + parity;
        if (at > from) {
          inString = inString !== ((odd & oddQuotes) === 1);
          escaped = isEscaped(bytes, at, from);
        }
      }
      // at least the eight bytes that made the loop above stop
      for (const stop = Math.min(length, at + 8); at < stop || (at < length && (((at - parity) & 1) === 1 || escaped)); at++) {
        const byte = bytes[at];
        if (escaped) escaped = false;
        else if (byte === quote) inString = !inString;
        else if (byte === backslash) escaped = true;
        else if (byte === close && !inString) {
          rows++;
          if (bytes[at + 1] === glue[0] && bytes[at + 2] === second && (gluing === 2 || bytes[at + 3] === third)) {
            at += gluing + 1;
            break;
          }
          this.#between = 0;
          this.rows += rows;
          this.#inString = false;
          return at + 1;
        }
      }
      if (inString && !escaped) {
        // a text with parentheses probably has more of them
        const end = bytes.indexOf(quote, at);
        const next = end < 0 ? length : end;
        escaped = isEscaped(bytes, next, at);
        at = next;
      }
    }
    this.rows += rows;
    [this.#inString, this.#escaped] = [inString, escaped];
    return at;
  }
}

/** Returns true if an odd number of backslashes precedes the byte at `at`. The byte at `from` must not be escaped. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let first = at;
  while (first > from && bytes[first - 1] === backslash) first--;
  return ((at - first) & 1) === 1;
}
