import { creationOf, plainBeginning, unquoted } from '../script/known-statements.ts';
import { PlainDump, type Visitor } from '../script/plain-dump.ts';

const dropping = /^DROP [A-Z ]+ IF EXISTS (`(?:[^`]|``)+`)$/i;
const locking = /^(?:LOCK TABLES |UNLOCK TABLES$)/;
/** Statements of MySQL's replication: a restore is no replica of the source. */
const replicating = /^SET (?:@MYSQLDUMP_TEMP_LOG_BIN ?=|@@SESSION\.SQL_LOG_BIN ?=|@@GLOBAL\.GTID_PURGED ?=)/i;
const hexadecimal = ',0x';
const hexadecimals = [hexadecimal, '(0x'];
const lineFeed = Buffer.from('\n');

/**
 * Writes a dump without the statements that a dump of ours does not have and the tools write by default: those that
 * remove objects before they are made, lock tables, or place the dump in a replication. Everything else stays as it is.
 */
export class Rewritten implements Visitor {
  readonly #dump = new PlainDump(this, { leavesOut: replicating });
  readonly #made = new Set<string>();
  #end = '';
  /** True if binary values may be hexadecimal, as with `--hex-blob`. A text can look so too. */
  writesHexadecimal = false;
  #delimiter = ';';
  #ready: Buffer[] = [];

  /** Yields the dump, one piece for each of the source's. Throws DumpMalformedError if it is not complete. */
  async *from(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#dump.write(chunk);
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

  comment(text: Buffer): void {
    this.#ready.push(text, lineFeed);
  }

  statement(text: Buffer, delimiter: string): void {
    const beginning = plainBeginning(text);
    const dropped = dropping.exec(beginning)?.[1];
    if (locking.test(beginning) || (dropped !== undefined && !this.#made.has(unquoted(dropped)))) return;
    const made = creationOf(beginning);
    if (made) this.#made.add(made.name);
    this.#delimit(delimiter);
    this.#ready.push(text, Buffer.from(delimiter), lineFeed);
  }

  insert(_: string, beginning: Buffer): void {
    this.#delimit(';');
    this.#ready.push(beginning);
  }

  data(rows: Buffer): void {
    if (!this.writesHexadecimal) {
      const around = this.#end + rows.toString('latin1', 0, hexadecimal.length);
      this.writesHexadecimal = hexadecimals.some((each) => rows.includes(each) || around.includes(each));
      this.#end = rows.toString('latin1', Math.max(0, rows.length - hexadecimal.length));
    }
    this.#ready.push(rows);
  }

  endOfData(): void {
    this.#ready.push(Buffer.from(';\n'));
  }

  #delimit(delimiter: string): void {
    if (delimiter !== this.#delimiter) this.#ready.push(Buffer.from(`DELIMITER ${delimiter}\n`));
    this.#delimiter = delimiter;
  }
}
