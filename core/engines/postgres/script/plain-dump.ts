import { DumpMalformedError } from '../../../errors.ts';
import { codecOf } from '../encodings.ts';
import { nextPiece } from './statements.ts';

/** Receives the parts of a plain dump, in their order. Buffers are views of the chunks that were written. */
export interface Visitor {
  /** Takes a `--` comment or a psql meta-command, without its line feed. */
  line(text: Buffer): void;
  /** Takes a statement with its `;`. After a `COPY … FROM stdin;` come `data` calls and `endOfData`. */
  statement(text: Buffer): void;
  /** Takes rows of the last COPY, each with its line feed; a call may begin and end inside a row. */
  data(rows: Buffer): void;
  endOfData(): void;
}

const terminator = Buffer.from('\n\\.\n');
const trailer = '-- PostgreSQL database dump complete';
const encodingSetting = /^SET client_encoding = '(\w+)';$/;
const nothing = Buffer.alloc(0);

/**
 * Reads a plain dump of pg_dump as its bytes come: `write` every chunk, then `end`. Memory is bounded by the longest
 * statement; rows may have any length.
 * COPY data are the lines between `COPY … FROM stdin;` and `\.`. In COPY's text format every line feed and backslash of
 * a value is escaped (documentation, COPY, File Formats).
 */
export class PlainDump {
  #size = 0;
  /** Number of bytes that are being read: the last of `#size`. */
  #length = 0;
  /** Bytes that wait for more: the beginning of a statement, or of a possible end of data. */
  #waiting: Buffer = nothing;
  #copying = false;
  /** True at the beginning of COPY data, where `\.` needs no line feed before it. */
  #atStart = false;
  #begun = false;
  #complete = false;
  /** The key of `\restrict`, if the dump has one. */
  key: string | undefined;
  /** The `\unrestrict` line that must still come. Older releases of pg_dump write neither it nor `\restrict`. */
  #unrestrict: string | undefined;
  #decoder = codecOf('UTF8');
  readonly #visitor: Visitor;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  /** Offset in the dump after the piece that was visited last. */
  after = 0;

  /** Number of bytes that wait for more. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Number of bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Decodes a statement or line from the encoding that the dump declares. */
  textOf(bytes: Buffer): string {
    return this.#decoder.decode(bytes);
  }

  write(chunk: Uint8Array): void {
    this.#size += chunk.length;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const script = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, bytes]) : bytes;
    this.#length = script.length;
    let at = 0;
    while (at < script.length) {
      const next = this.#copying ? this.#data(script, at) : this.#sql(script, at);
      if (next === at) break; // the rest waits for more
      at = next;
    }
    this.#waiting = at < script.length ? Buffer.from(script.subarray(at)) : nothing;
  }

  /** Throws DumpMalformedError if the dump is not complete. */
  end(): void {
    if (this.#copying || !this.#complete || this.#unrestrict !== undefined || this.#waiting.toString('latin1').trim() !== '') {
      throw new DumpMalformedError(`the dump ends after ${this.#size} bytes without pg_dump's closing lines: it is not complete`);
    }
  }

  /** Takes one statement or line. Returns the offset after it, or `at` if it is not complete yet. */
  #sql(script: Buffer, at: number): number {
    const piece = nextPiece(script, at);
    if (!piece) return at;
    const { kind, start, end } = piece;
    const text = script.subarray(start, end);
    this.after = this.#size - script.length + end;
    if (kind === 'line') {
      this.#heed(text.toString('latin1'));
      this.#visitor.line(text);
      return end + 1;
    }
    if (this.#complete) throw new DumpMalformedError('the dump goes on after its closing line');
    const copies = copiedTable(text) !== undefined;
    if (copies && end >= script.length) return at; // the line feed before the data has not come yet
    if (copies && script[end] !== 10) throw new DumpMalformedError('the dump has a COPY whose rows do not begin on the next line');
    const encoding = encodingSetting.exec(text.toString('latin1', 0, 60))?.[1];
    if (encoding) this.#decoder = codecOf(encoding);
    this.#begun = true;
    this.#visitor.statement(text);
    if (!copies) return end;
    this.#copying = true;
    this.#atStart = true;
    return end + 1;
  }

  #heed(line: string): void {
    const key = /^\\restrict (\w+)$/.exec(line)?.[1];
    if (line === trailer) this.#complete = true;
    else if (key !== undefined && !this.#begun) [this.key, this.#unrestrict] = [key, `\\unrestrict ${key}`];
    else if (line === this.#unrestrict && this.#complete) this.#unrestrict = undefined;
  }

  /** Takes rows. Returns the offset after those that it took. */
  #data(script: Buffer, at: number): number {
    if (this.#atStart) {
      const beginning = script.subarray(at, at + 3);
      if (beginning.equals(terminator.subarray(1))) return this.#endOfData(at + 3);
      if (beginning.length < 3 && beginning.equals(terminator.subarray(1, 1 + beginning.length))) return at;
      this.#atStart = false;
    }
    const end = script.indexOf(terminator, at);
    const stop = end < 0 ? script.length - keptBack(script, at) : end + 1;
    if (stop > at) this.#visitor.data(script.subarray(at, stop));
    return end < 0 ? stop : this.#endOfData(end + terminator.length);
  }

  #endOfData(at: number): number {
    this.#copying = false;
    this.after = this.#size - this.#length + at;
    this.#visitor.endOfData();
    return at;
  }
}

/** Returns the table of a `COPY table (columns) FROM stdin;`, as written; undefined for any other statement. */
export function copiedTable(statement: Buffer, textOf: (bytes: Buffer) => string = (bytes) => bytes.toString('latin1')): string | undefined {
  if (statement.toString('latin1', 0, 5) !== 'COPY ') return undefined;
  return /^COPY ((?:"(?:[^"]|"")*"|[^\s".]+)(?:\.(?:"(?:[^"]|"")*"|[^\s".]+))?) .*FROM stdin;$/s.exec(textOf(statement))?.[1];
}

/** Lists the columns of a COPY, as written. The bytes may be in any encoding: the names come as Latin-1. */
export function copiedColumns(statement: Buffer): string[] {
  const list = /\((.*)\) FROM stdin;$/s.exec(statement.toString('latin1'))?.[1] ?? '';
  return [...list.matchAll(/"(?:[^"]|"")*"|[^\s",]+/g)].map(([name]) => name);
}

/** Counts the last bytes that may be the beginning of the end of data. */
function keptBack(script: Buffer, at: number): number {
  for (let length = Math.min(terminator.length - 1, script.length - at); length > 0; length--) {
    if (script.subarray(script.length - length).equals(terminator.subarray(0, length))) return length;
  }
  return 0;
}
