import { MalformedDump } from '../malformed-dump.ts';

/** Reads the tuples of an INSERT as its bytes come, from after `VALUES` to before its `;`. */
export interface RowReader {
  /** Rows that have ended so far. */
  readonly rows: number;
  /** Whether the INSERT's `;` was met. */
  readonly ended: boolean;
  /** Returns the offset of the `;`, or of the first byte not read: a reader may stop after a row. */
  read(bytes: Buffer, start: number): number;
}

/** What stands between two rows: mariadb-dump begins a line for each, mysqldump does not. */
export type Separator = ',' | ',\n';

const [quote, close, backslash, semicolon] = [0x27, 0x29, 0x5c, 0x3b] as const;

/**
 * Counts rows. A row ends with a `)` outside strings, for nothing else in a tuple has parentheses; a string ends with a quote that no odd number of backslashes precedes, and `''` ends one and begins the next, which
 * comes to the same. So four bytes at a time are passed over as long as none of them is a `)` or a quote after a backslash, and only the parity of quotes is kept: it says whether we are in a string. A byte equals
 * another exactly when it is zero after XOR, and zero bytes are found without a branch (Warren, Hacker's Delight, 6–1).
 */
export class Rows implements RowReader {
  rows = 0;
  ended = false;
  readonly #glue: Buffer;
  /** How much of the glue between two rows was seen; -1 within a row. */
  #between: number;
  #inString = false;
  #escaped = false;

  constructor(separator: Separator) {
    this.#glue = Buffer.from(`${separator}(`);
    this.#between = this.#glue.length - 1;
  }

  read(bytes: Buffer, start: number): number {
    const glue = this.#glue;
    const { length, byteOffset } = bytes;
    const skipped = -byteOffset & 3; // words begin at multiples of four
    const words = length > skipped ? new Int32Array(bytes.buffer, byteOffset + skipped, (length - skipped) >> 2) : new Int32Array(0);
    let [at, rows, between, inString, escaped] = [start, this.rows, this.#between, this.#inString, this.#escaped];
    while (at < length) {
      if (between < 0 && !escaped && ((at - skipped) & 3) === 0) {
        const from = (at - skipped) >> 2;
        let index = from;
        let odd = inString ? 0x80 : 0;
        let afterBackslash = 0;
        for (; index < words.length; index++) {
          const word = words[index] as number;
          const q = word ^ 0x27272727;
          const b = word ^ 0x5c5c5c5c;
          const c = word ^ 0x29292929;
          // the high bit of each byte that is a quote; the other two may have one too many above a true one, which only costs a look
          const quotes = ~(((q & 0x7f7f7f7f) + 0x7f7f7f7f) | q) & 0x80808080;
          const backslashes = (b - 0x01010101) & ~b & 0x80808080;
          if ((((c - 0x01010101) & ~c) | (quotes & ((backslashes << 8) | afterBackslash))) & 0x80808080) break;
          odd ^= quotes;
          afterBackslash = backslashes >>> 24;
        }
        if (index > from) {
          at = skipped + index * 4;
          odd ^= odd >>> 16;
          inString = (((odd ^ (odd >>> 8)) >>> 7) & 1) === 1;
          escaped = isEscaped(bytes, at, skipped + from * 4);
          if (at >= length) break;
        }
      }
      do {
        const byte = bytes[at];
        if (between >= 0) {
          if (byte !== glue[between]) {
            if (between > 0 || byte !== semicolon) throw new MalformedDump('the dump has rows that are not separated as its tool separates them');
            this.ended = true;
            break;
          }
          between = between + 1 === glue.length ? -1 : between + 1;
        } else if (escaped) escaped = false;
        else if (byte === quote) inString = !inString;
        else if (byte === backslash) escaped = true;
        else if (byte === close && !inString) {
          rows++;
          between = 0;
        }
        at++;
      } while (at < length && ((at - skipped) & 3 || between >= 0 || escaped));
      if (this.ended) break;
    }
    [this.rows, this.#between, this.#inString, this.#escaped] = [rows, between, inString, escaped];
    return at;
  }
}

/** Whether the byte at `at` comes after an odd number of backslashes; that at `from` does not. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let first = at;
  while (first > from && bytes[first - 1] === backslash) first--;
  return ((at - first) & 1) === 1;
}
