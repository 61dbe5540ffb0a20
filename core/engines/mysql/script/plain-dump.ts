import { DumpMalformedError } from '../../../errors.ts';
import { type RowReader, Rows, type Separator } from './count-rows.ts';
import { hidesStatement } from './hidden-statement.ts';
import { creationOf, isKnown, plainBeginning, unquoted } from './known-statements.ts';
import { SessionSettings } from './session-settings.ts';
import { afterSpace, nextPiece, type Piece, type Quoting } from './statements.ts';
import { StrictRows } from './strict-rows.ts';

/** Receives the parts of a plain dump, in their order. Buffers are views of the chunks that were written. */
export interface Visitor {
  /**
   * Takes a `--` comment, without its line feed. Names in it may hold anything, so it can look like another comment.
   */
  comment?(text: Buffer): void;
  /** Takes a statement without its delimiter, which is `;` or `;;`. */
  statement(text: Buffer, delimiter: string): void;
  /** Takes the beginning of an INSERT, up to and including `VALUES`. `data` calls and `endOfData` follow. */
  insert(table: string, beginning: Buffer): void;
  /**
   * Takes rows as they stand, separators included; a call may begin and end inside a row. `ended` is the number of rows
   * that end in it.
   */
  data(rows: Buffer, ended: number): void;
  /** Takes the `;` of the INSERT. */
  endOfData(): void;
}

type Tool = 'MySQL' | 'MariaDB';

/** First line that forbids commands to MariaDB's clients, and is an error to MySQL's. */
const sandbox = '/*M!999999\\- enable the sandbox mode */';
const insertion = /^INSERT INTO (`(?:[^`]|``)+`) (?:\((?:(?:`(?:[^`]|``)+`|\w+)(?:, )?)*\) )?VALUES(?: |\n)(?=\()/;
const lastSetting = /^SET (?:SQL_NOTES ?= ?@OLD_SQL_NOTES|NOTE_VERBOSITY ?= ?@OLD_NOTE_VERBOSITY)$/i;
const trailer = /^-- Dump completed(?: on [\d: -]+)?$/;

/** Longest statement other than INSERT, in bytes; one with 4,096 columns and comments has 5 MB. */
const longestStatement = 64 * 1024 * 1024;
/** Longest beginning of an INSERT, in bytes; it names 4,096 columns at most. */
const longestInsertion = 4 * 1024 * 1024;
const nothing = Buffer.alloc(0);

/**
 * Reads a plain dump of one database by mysqldump or mariadb-dump as its bytes come: `write` every chunk, then `end`.
 * Memory is bounded by the longest statement other than INSERT; rows may have any length.
 * A statement that these tools do not write is a DumpMalformedError, so nothing passes that a client would take for a
 * command. If `strict`, the same holds for rows and the ends of definitions, and a `data` call holds no more than one
 * row.
 */
export class PlainDump {
  #size = 0;
  #waiting: Buffer = nothing;
  #rows: RowReader | undefined;
  #tool: Tool | undefined;
  #delimiter = ';';
  /** True under Oracle's syntax. There routines declare before they begin, and their end is not checked. */
  #oracle = false;
  #quoting: Quoting = { backslashEscapes: true, ansiQuotes: false, dollarQuotes: false };
  readonly #settings = new SessionSettings();
  #progress: 'begun' | 'settings restored' | 'complete' = 'begun';
  readonly #visitor: Visitor;
  readonly #strict: boolean;
  readonly #leavesOut: RegExp | undefined;

  /** Does not visit statements whose normalized beginning `leavesOut` matches, whether they are known or not. */
  constructor(visitor: Visitor, { strict = false, leavesOut }: { strict?: boolean; leavesOut?: RegExp } = {}) {
    this.#visitor = visitor;
    this.#strict = strict;
    this.#leavesOut = leavesOut;
  }

  /** Number of bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** True between two pieces, and behind a whole row of an INSERT: the dump can go on with others there. */
  get canGoOn(): boolean {
    return afterSpace(this.#waiting, 0) === this.#waiting.length && this.#delimiter === ';' && this.#progress === 'begun' && this.#tool !== undefined;
  }

  /** Separator of rows in this dump. */
  get separator(): Separator {
    return this.#tool === 'MariaDB' ? ',\n' : ',';
  }

  write(chunk: Uint8Array): void {
    this.#size += chunk.length;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const script = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, bytes]) : bytes;
    let at = 0;
    while (at < script.length) {
      const next = this.#rows ? this.#data(script, at, this.#rows) : this.#sql(script, at);
      if (next === at) break; // the rest waits for more
      at = next;
    }
    this.#waiting = at < script.length ? Buffer.from(script.subarray(at)) : nothing;
    if (this.#waiting.length > longestStatement) throw new DumpMalformedError(`the dump has a statement of more than ${longestStatement} bytes`);
  }

  /** Throws DumpMalformedError if the dump is not complete. */
  end(): void {
    if (this.#rows || this.#progress !== 'complete' || afterSpace(this.#waiting, 0) < this.#waiting.length) {
      throw new DumpMalformedError(`the dump ends after ${this.#size} bytes without its tool's closing line: it is not complete`);
    }
  }

  /** Takes one piece. Returns the offset of the next, or `at` if this one is not complete yet. */
  #sql(script: Buffer, at: number): number {
    const start = afterSpace(script, at);
    if (this.#tool === undefined) return this.#header(script, start) ?? at;
    if (script.toString('latin1', start, start + 7) === 'INSERT ') return this.#insert(script, start) ?? at;
    const piece = nextPiece(script, start, this.#delimiter, this.#quoting);
    if (!piece) return at;
    if (this.#progress === 'complete') throw new DumpMalformedError('the dump goes on after its closing line');
    const text = script.subarray(piece.start, piece.end);
    this.#take(piece.kind, text);
    return piece.next;
  }

  #header(script: Buffer, start: number): number | undefined {
    const end = script.indexOf('\n', start);
    if (end < 0) {
      if (script.length - start > 1024) throw new DumpMalformedError('the dump does not begin as mysqldump or mariadb-dump begin theirs');
      return undefined;
    }
    const line = script.toString('latin1', start, end).trimEnd();
    if (line === sandbox || line === sandbox.replace('M', '')) return end + 1;
    this.#tool = /^-- (MySQL|MariaDB) dump /.exec(line)?.[1] as Tool | undefined;
    if (!this.#tool) throw new DumpMalformedError('the dump does not begin as mysqldump or mariadb-dump begin theirs');
    this.#quoting.dollarQuotes = this.#tool === 'MySQL';
    this.#visitor.comment?.(script.subarray(start, end));
    return end + 1;
  }

  #take(kind: Piece['kind'], text: Buffer): void {
    if (kind === 'delimiter') this.#delimiter = delimiterOf(text);
    else if (kind === 'comment') {
      // a name with line feeds can look like the closing line, but not after the settings were restored
      if (this.#progress === 'settings restored') this.#close(text);
      this.#visitor.comment?.(text);
    } else this.#statement(text);
  }

  #close(line: Buffer): void {
    if (!trailer.test(line.toString('latin1', 0, 100))) throw new DumpMalformedError('the dump goes on after it has restored its settings');
    this.#progress = 'complete';
  }

  #statement(text: Buffer): void {
    const beginning = plainBeginning(text);
    if (this.#leavesOut?.test(beginning)) return;
    if (this.#progress === 'settings restored') throw new DumpMalformedError('the dump goes on after it has restored its settings');
    if (!isKnown(beginning, this.#delimiter)) throw new DumpMalformedError(`the dump has a statement that its tool does not write: ${beginning.slice(0, 60)}`);
    const isSetting = /^SET /i.test(beginning);
    if (!isSetting) this.#settings.refuseUnread(false);
    if (this.#strict && this.#delimiter === ';' && isFilled(beginning, text))
      throw new DumpMalformedError(`the dump has a table that is made of a query: ${beginning.slice(0, 60)}`);
    if (this.#strict && this.#hides(this.#settings.asRead(text.toString('latin1'))))
      throw new DumpMalformedError(`the dump has a statement behind the end of another: ${beginning.slice(0, 60)}`);
    if (isSetting) this.#set(beginning);
    if (this.#delimiter === ';' && lastSetting.test(beginning)) this.#progress = 'settings restored';
    this.#visitor.statement(text, this.#delimiter);
  }

  /** Returns true if the server, as it reads the statement, finds another one in it. */
  #hides(text: string): boolean {
    if (this.#delimiter === ';;') return !this.#oracle && hidesStatement(text, this.#quoting);
    return nextPiece(Buffer.from(`${text};`, 'latin1'), 0, ';', this.#quoting)?.end !== text.length;
  }

  #set(beginning: string): void {
    this.#settings.take(beginning);
    const mode = this.#settings.sqlMode ?? '';
    this.#oracle = /\boracle\b/.test(mode);
    this.#quoting = { ...this.#quoting, backslashEscapes: !mode.includes('no_backslash_escapes'), ansiQuotes: mode.includes('ansi') };
  }

  /** Takes the beginning of an INSERT. Returns the offset of its rows. */
  #insert(script: Buffer, start: number): number | undefined {
    if (this.#progress !== 'begun' || this.#delimiter !== ';') throw new DumpMalformedError('the dump has rows where none can be');
    this.#settings.refuseUnread(true);
    const [beginning, quoted] = matched(script, start, 4096) ?? matched(script, start, longestInsertion) ?? [];
    if (beginning === undefined || quoted === undefined) {
      if (script.length - start > longestInsertion) throw new DumpMalformedError('the dump has an INSERT that its tool does not write');
      return undefined;
    }
    const end = start + beginning.length;
    this.#rows = this.#strict ? new StrictRows(this.separator) : new Rows(this.separator);
    this.#visitor.insert(unquoted(quoted), script.subarray(start, end));
    return end;
  }

  /** Takes rows. Returns the offset after those that it took. */
  #data(script: Buffer, at: number, reader: RowReader): number {
    const before = reader.rows;
    const end = reader.read(script, at);
    if (end > at) this.#visitor.data(script.subarray(at, end), reader.rows - before);
    if (!reader.ended) return end;
    this.#rows = undefined;
    this.#visitor.endOfData();
    return end + 1;
  }
}

/**
 * Returns true if a table is made of a query. Outside quotes, no definition of a column or a partition has these words.
 */
function isFilled(beginning: string, text: Buffer): boolean {
  if (creationOf(beginning)?.kind !== 'TABLE') return false;
  return /\bTABLE\b.*\b(?:SELECT|TABLE|LOAD_FILE|VALUES\s+ROW)\b|\bTABLE\b.*\bVALUES(?:\s|\/\*.*?\*\/)*\(/is.test(
    text.toString('latin1').replace(/`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"/gs, '``'),
  );
}

function matched(script: Buffer, start: number, size: number): RegExpExecArray | undefined {
  return insertion.exec(script.toString('latin1', start, start + size)) ?? undefined;
}

function delimiterOf(line: Buffer): string {
  const delimiter = /^DELIMITER (;;?)$/.exec(line.toString('latin1', 0, 40))?.[1];
  if (delimiter === undefined) throw new DumpMalformedError('the dump sets a delimiter that its tool does not set');
  return delimiter;
}
