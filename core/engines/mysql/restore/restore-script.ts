import { withoutDefiner } from '../script/definer.ts';
import type { Definitions } from '../script/definitions.ts';
import { creationOf, plainBeginning } from '../script/known-statements.ts';
import { PlainDump, type Visitor } from '../script/plain-dump.ts';
import { ToolOrder } from '../script/tool-order.ts';
import { renamed } from './renamed.ts';
import { triggerHere } from './trigger-place.ts';

/** Changes to a dump on its way into another server. */
export interface Changes {
  /** Makes the user who restores the definer of views, triggers, routines and events. */
  withoutDefiners?: boolean;
  /** Name of the database at its source, and in the target. */
  renamed?: { from: string; to: string };
  /**
   * Makes a table an error if the server lacks its engine. Otherwise another engine takes its place, as the dump says.
   */
  keepsEngines?: boolean;
}

const lineFeed = Buffer.from('\n');
const endOfRows = Buffer.from(';\n');

/**
 * Beginning of statements that give the database another character set for a while. The tools write them around objects
 * that were made under that character set. They name the database, which has another name here.
 */
const ofDatabase = /^ALTER DATABASE `(?:[^`]|``)+` /;
const beginningSize = 4096;
/** SQL mode in which the tools' dumps make tables. */
const modeOfTables = "SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */";
const modeWithEngines = "SQL_MODE='NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION' */";
/**
 * Turns a dump into the script that restores it into the client's current database: statements and rows as they stand,
 * except for the changes. Does not pass comments, or client commands other than DELIMITER. A statement that the tools
 * do not write is a DumpMalformedError.
 */
export class RestoreScript implements Visitor {
  readonly #dump = new PlainDump(this, { strict: true });
  readonly #order = new ToolOrder();
  readonly #changes: Changes;
  readonly #definitions: Definitions | undefined;
  #delimiter = ';';
  #ready: Buffer[] = [];

  /** Passes every definition, as it is to be made, to `definitions`. */
  constructor(changes: Changes = {}, definitions?: Definitions) {
    this.#changes = changes;
    this.#definitions = definitions;
  }

  /** Yields the script, one piece for each of the source's. Throws DumpMalformedError if the dump is not complete. */
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
    this.#definitions?.comment(text);
  }

  statement(text: Buffer, delimiter: string): void {
    this.#order.statement(plainBeginning(text));
    const changed = this.#changed(text);
    this.#definitions?.statement(changed);
    if (delimiter !== this.#delimiter) this.#ready.push(Buffer.from(`DELIMITER ${delimiter}\n`));
    this.#delimiter = delimiter;
    this.#ready.push(changed, Buffer.from(delimiter), lineFeed);
  }

  insert(table: string, beginning: Buffer): void {
    this.#order.rowsOf(table);
    if (this.#delimiter !== ';') this.#ready.push(Buffer.from('DELIMITER ;\n'));
    this.#delimiter = ';';
    this.#ready.push(beginning);
  }

  data(rows: Buffer): void {
    this.#ready.push(rows);
  }

  endOfData(): void {
    this.#ready.push(endOfRows);
  }

  #changed(statement: Buffer): Buffer {
    const { renamed: names, keepsEngines = false } = this.#changes;
    const placed = creationOf(plainBeginning(statement))?.kind === 'TRIGGER' ? triggerHere(statement) : statement;
    const strict = keepsEngines && placed.includes(modeOfTables) ? Buffer.from(placed.toString().replace(modeOfTables, modeWithEngines)) : placed;
    const text = names ? renamed(strict, names.from, names.to) : strict;
    const database = ofDatabase.exec(text.toString('latin1', 0, beginningSize))?.[0];
    if (database !== undefined) return Buffer.concat([Buffer.from('ALTER DATABASE '), text.subarray(database.length)]);
    return this.#changes.withoutDefiners ? withoutDefiner(text) : text;
  }
}
