import { withoutDefiner } from '../script/definer.ts';
import type { Definitions } from '../script/definitions.ts';
import { creationOf, plainBeginning } from '../script/known-statements.ts';
import { PlainDump, type Visitor } from '../script/plain-dump.ts';
import { ToolOrder } from '../script/tool-order.ts';
import { renamed } from './renamed.ts';
import { triggerHere } from './trigger-place.ts';

/** What is changed in a dump on its way into another server. */
export interface Changes {
  /** Views, triggers, routines and events get the user who restores as their definer. */
  withoutDefiners?: boolean;
  /** The database's name at its source, and where it is restored. */
  renamed?: { from: string; to: string };
  /** A table whose engine the server has not is an error. Without this another engine takes its place, as the dump says. */
  keepsEngines?: boolean;
}

const lineFeed = Buffer.from('\n');
const endOfRows = Buffer.from(';\n');

/** The tools give the database another character set for as long as they make what was made under that; it is named, and here it has another name. */
const ofDatabase = /^ALTER DATABASE `(?:[^`]|``)+` /;
const beginningSize = 4096;
/** The mode in which the tools' dumps make tables. */
const modeOfTables = "SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */";
const modeWithEngines = "SQL_MODE='NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION' */";
/**
 * A dump as the script that restores it into the database that the client uses: statements and rows as they stand, but for what must be changed. Comments and client commands other than DELIMITER are not passed on, and
 * whatever the tools do not write is a DumpMalformedError.
 */
export class RestoreScript implements Visitor {
  readonly #dump = new PlainDump(this, { strict: true });
  readonly #order = new ToolOrder();
  readonly #changes: Changes;
  readonly #definitions: Definitions | undefined;
  #delimiter = ';';
  #ready: Buffer[] = [];

  /** The `definitions` are given what is to be made. */
  constructor(changes: Changes = {}, definitions?: Definitions) {
    this.#changes = changes;
    this.#definitions = definitions;
  }

  /** The script, a piece for each of the source's. Throws a DumpMalformedError when the dump is not complete. */
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
