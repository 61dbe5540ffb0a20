import { DumpMalformedError } from '../../../errors.ts';
import { copiedTable, PlainDump, type Visitor } from '../script/plain-dump.ts';
import { type Insertion, insertedRows } from './inserted-rows.ts';
import { TableColumns } from './table-columns.ts';

/** Longest statement, in bytes: it is held in memory, and read again with every chunk until its end has come. */
const longestStatement = 32 * 1024 * 1024;
/** Encodings of clients in which a byte of a letter can look like a backslash (documentation, 24.3.1). */
const unlikeAscii = /^SET client_encoding = '(SJIS|SHIFT_JIS_2004|BIG5|GBK|UHC|GB18030|JOHAB)';$/;
const unusualStrings = /^SET standard_conforming_strings = off;$/;
/** Statements that remove objects, as `--clean` writes them before it makes any. */
const removing = /^(?:DROP |ALTER .* (?:DROP|DETACH) |SELECT (?:CASE WHEN EXISTS.* )?pg_catalog\.lo_unlink\()/s;
/** Statements that can come before those. */
const preparing = /^(?:SET |SELECT pg_catalog\.set_config\()/;
const trailer = Buffer.from('-- PostgreSQL database dump complete');
const lineFeed = Buffer.from('\n');
const endOfRows = Buffer.from('\\.\n');

/**
 * Writes a script of pg_dump as pg_dump writes it without `--clean` and `--inserts`: leaves out what it removes before
 * it makes anything, and turns rows that are INSERTs into COPY, as which the dump of a proof has them. A table without
 * rows has no INSERT, and gets an empty COPY.
 */
export class Rewritten implements Visitor {
  readonly #dump = new PlainDump(this);
  readonly #columns = new TableColumns();
  #isClean = true;
  /** Beginning of the COPY whose rows are being written. */
  #copying = '';
  #hasInserts = false;
  readonly #copied = new Set<string | undefined>();
  /** Reason for which INSERTs of this script cannot be read. */
  #unreadable: string | undefined;
  #ready: Buffer[] = [];

  /** Yields the script, in pieces. Throws DumpMalformedError if it is not complete. */
  async *from(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#dump.write(chunk);
      if (this.#dump.waiting > longestStatement) throw new DumpMalformedError(`it has a statement of more than ${longestStatement} bytes`);
      if (this.#ready.length > 0) yield this.#taken();
    }
    this.#dump.end();
    if (this.#ready.length > 0) yield this.#taken();
  }

  #taken(): Buffer {
    const taken = Buffer.concat(this.#ready);
    this.#ready = [];
    return taken;
  }

  line(text: Buffer): void {
    if (this.#hasInserts && text.equals(trailer)) for (const table of this.#columns.holders) if (!this.#copied.has(table)) this.#copy(table);
    this.#endInserts();
    this.#ready.push(text, lineFeed);
  }

  statement(text: Buffer): void {
    const bytewise = text.toString('latin1');
    if (bytewise.startsWith('INSERT INTO ')) {
      this.#insert(insertedRows(bytewise));
      return;
    }
    this.#endInserts();
    if (this.#isClean && removing.test(bytewise)) return;
    if (preparing.test(bytewise)) this.#heed(bytewise);
    else this.#isClean = false;
    this.#columns.statement(bytewise);
    this.#copied.add(copiedTable(text));
    this.#ready.push(text, lineFeed);
  }

  #heed(setting: string): void {
    const encoding = unlikeAscii.exec(setting)?.[1];
    if (encoding !== undefined) this.#unreadable = `its encoding is ${encoding}`;
    if (unusualStrings.test(setting)) this.#unreadable = 'its texts are written with standard_conforming_strings = off';
  }

  #insert({ table, columns, rows }: Insertion): void {
    if (this.#unreadable !== undefined)
      throw new DumpMalformedError(
        `its rows are INSERTs, which cannot be read because ${this.#unreadable}. Load it into an empty database, and adopt a dump of that by pg_dump without --inserts`,
      );
    this.#isClean = false;
    this.#hasInserts = true;
    this.#copy(table, columns);
    this.#ready.push(Buffer.from(rows, 'latin1'));
  }

  /** Begins the COPY of a table, unless it has begun. */
  #copy(table: string, columns?: string): void {
    const known = columns === undefined ? this.#columns.of(table) : undefined;
    const list = columns ?? (known && known.length > 0 ? `(${known.join(', ')})` : '');
    const beginning = `COPY ${table} ${list === '' ? '' : `${list} `}FROM stdin;\n`;
    if (beginning !== this.#copying) {
      this.#endInserts();
      this.#copying = beginning;
      this.#copied.add(table);
      this.#ready.push(Buffer.from(beginning, 'latin1'));
    }
  }

  #endInserts(): void {
    if (this.#copying !== '') this.#ready.push(endOfRows);
    this.#copying = '';
  }

  data(rows: Buffer): void {
    this.#ready.push(rows);
  }

  endOfData(): void {
    this.#ready.push(endOfRows);
  }
}
