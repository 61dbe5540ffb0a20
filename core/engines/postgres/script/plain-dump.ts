import { DumpMalformedError } from '../../../errors.ts';
import { decoderOf } from './encodings.ts';
import { nextPiece } from './statements.ts';

/** What a plain dump consists of, in its order. Buffers are views of what was written. */
export interface Visitor {
  /** A `--` comment or a psql meta-command, without its line feed. */
  line(text: Buffer): void;
  /** A statement with its `;`. A `COPY … FROM stdin;` is followed by `data` calls and `endOfData`. */
  statement(text: Buffer): void;
  /** Rows of the COPY before, each with its line feed; a call may begin and end inside a row. */
  data(rows: Buffer): void;
  endOfData(): void;
}

const terminator = Buffer.from('\n\\.\n');
const trailer = '-- PostgreSQL database dump complete';
const encodingSetting = /^SET client_encoding = '(\w+)';$/;
const nothing = Buffer.alloc(0);

/**
 * Reads a plain dump of pg_dump as its bytes come: `write` every chunk, then `end`. COPY data are the lines between `COPY … FROM stdin;` and `\.`; in COPY's text format neither a line feed nor a backslash of
 * a value stands there unescaped (documentation, COPY, File Formats). Memory is bounded by the longest statement; rows may have any length.
 */
export class PlainDump {
  #size = 0;
  /** Bytes that wait for more: the beginning of a statement, or of what may be the end of data. */
  #waiting: Buffer = nothing;
  #copying = false;
  /** At the beginning of COPY data, where `\.` needs no line feed before it. */
  #atStart = false;
  #begun = false;
  #complete = false;
  /** The line that must still come when pg_dump has restricted psql, which its older releases do not. */
  #unrestrict: string | undefined;
  #decoder = decoderOf('UTF8');
  readonly #visitor: Visitor;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** A statement or line as text, in the encoding that the dump says it is in. */
  textOf(bytes: Buffer): string {
    return this.#decoder.decode(bytes);
  }

  write(chunk: Uint8Array): void {
    this.#size += chunk.length;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const script = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, bytes]) : bytes;
    let at = 0;
    while (at < script.length) {
      const next = this.#copying ? this.#data(script, at) : this.#sql(script, at);
      if (next === at) break; // what is left waits for more
      at = next;
    }
    this.#waiting = at < script.length ? Buffer.from(script.subarray(at)) : nothing;
  }

  /** Throws a DumpMalformedError when the dump has not come to its end. */
  end(): void {
    if (this.#copying || !this.#complete || this.#unrestrict !== undefined || this.#waiting.toString('latin1').trim() !== '') {
      throw new DumpMalformedError(`the dump ends after ${this.#size} bytes without pg_dump's closing lines: it is not complete`);
    }
  }

  /** Returns where the piece ended, or `at` when it is not whole yet. */
  #sql(script: Buffer, at: number): number {
    const piece = nextPiece(script, at);
    if (!piece) return at;
    const { kind, start, end } = piece;
    const text = script.subarray(start, end);
    if (kind === 'line') {
      this.#heed(text.toString('latin1'));
      this.#visitor.line(text);
      return end + 1;
    }
    if (this.#complete) throw new DumpMalformedError('the dump goes on after its closing line');
    const copies = copiedTable(text) !== undefined;
    if (copies && end >= script.length) return at; // the line feed before the data is still to come
    if (copies && script[end] !== 10) throw new DumpMalformedError('the dump has a COPY whose rows do not begin on the next line');
    const encoding = encodingSetting.exec(text.toString('latin1', 0, 60))?.[1];
    if (encoding) this.#decoder = decoderOf(encoding);
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
    else if (key !== undefined && !this.#begun) this.#unrestrict = `\\unrestrict ${key}`;
    else if (line === this.#unrestrict && this.#complete) this.#unrestrict = undefined;
  }

  /** Returns up to where the rows were taken in. */
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
    this.#visitor.endOfData();
    return at;
  }
}

/** The table of a `COPY table (columns) FROM stdin;`, as written; undefined for any other statement. */
export function copiedTable(statement: Buffer, textOf: (bytes: Buffer) => string = (bytes) => bytes.toString('latin1')): string | undefined {
  if (statement.toString('latin1', 0, 5) !== 'COPY ') return undefined;
  return /^COPY ((?:"(?:[^"]|"")*"|[^\s".]+)(?:\.(?:"(?:[^"]|"")*"|[^\s".]+))?) .*FROM stdin;$/s.exec(textOf(statement))?.[1];
}

/** How many of the last bytes may be the beginning of the end of data. */
function keptBack(script: Buffer, at: number): number {
  for (let length = Math.min(terminator.length - 1, script.length - at); length > 0; length--) {
    if (script.subarray(script.length - length).equals(terminator.subarray(0, length))) return length;
  }
  return 0;
}
