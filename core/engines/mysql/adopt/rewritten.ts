import { DumpRewriter } from '../script/dump-rewriter.ts';
import { creationOf, plainBeginning, unquoted } from '../script/known-statements.ts';

const dropping = /^DROP [A-Z ]+ IF EXISTS (`(?:[^`]|``)+`)$/i;
const locking = /^(?:LOCK TABLES |UNLOCK TABLES$)/;
/** Statements of MySQL's replication: a restore is no replica of the source. */
const replicating = /^SET (?:@MYSQLDUMP_TEMP_LOG_BIN ?=|@@SESSION\.SQL_LOG_BIN ?=|@@GLOBAL\.GTID_PURGED ?=)/i;
const hexadecimal = ',0x';
const hexadecimals = [hexadecimal, '(0x'];

/**
 * Writes a dump without the statements that a dump of ours does not have and the tools write by default: those that
 * remove objects before they are made, lock tables, or place the dump in a replication. Everything else stays as it is.
 */
export class Rewritten extends DumpRewriter {
  readonly #made = new Set<string>();
  #end = '';
  /** True if binary values may be hexadecimal, as with `--hex-blob`. A text can look so too. */
  writesHexadecimal = false;

  constructor() {
    super({ leavesOut: replicating });
  }

  override statement(text: Buffer, delimiter: string): void {
    const beginning = plainBeginning(text);
    const dropped = dropping.exec(beginning)?.[1];
    if (locking.test(beginning) || (dropped !== undefined && !this.#made.has(unquoted(dropped)))) return;
    const made = creationOf(beginning);
    if (made) this.#made.add(made.name);
    super.statement(text, delimiter);
  }

  override data(rows: Buffer): void {
    if (!this.writesHexadecimal) {
      const around = this.#end + rows.toString('latin1', 0, hexadecimal.length);
      this.writesHexadecimal = hexadecimals.some((each) => rows.includes(each) || around.includes(each));
      this.#end = rows.toString('latin1', Math.max(0, rows.length - hexadecimal.length));
    }
    super.data(rows);
  }
}
