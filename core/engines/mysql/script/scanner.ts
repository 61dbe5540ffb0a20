import { createHash, type Hash } from 'node:crypto';
import type { Definitions } from './definitions.ts';
import { creationOf, plainBeginning, unquoted } from './known-statements.ts';
import { PlainDump, type Visitor } from './plain-dump.ts';

/** Contents of a plain dump of mysqldump or mariadb-dump. Names are without quotes. */
export interface MysqlScan {
  size: number;
  /**
   * Tables, in the order of the dump. `bytes` and `sha256` cover the tuples as they stand, each followed by the tool's
   * separator (`,` or `,` and a line feed), the last one too: they do not depend on the division of rows into INSERTs.
   */
  tables: { name: string; rows: number; bytes: number; sha256: string }[];
  /**
   * Sequences, which only MariaDB has. The value is the first that is not cached, so it was not given out: `called` is
   * false.
   */
  sequences: { name: string; value: string; called: boolean }[];
  /** Length of the longest statement, in bytes. */
  longestStatement: number;
  /** Number of objects that the dump makes, by kind (`TABLE`, `VIEW`, `FUNCTION` …). */
  objects: Record<string, number>;
}

interface Table {
  rows: number;
  bytes: number;
  hash: Hash;
}

const sequenceValue = /^(?:DO|SELECT) SETVAL\((`(?:[^`]|``)+`), (-?\d+), ([01])\)$/;

/** Scans a plain dump as its bytes pass: `write` every chunk, then `end`. */
export class MysqlScanner implements Visitor {
  readonly #dump = new PlainDump(this);
  readonly #tables = new Map<string, Table>();
  #filling: Table | undefined;
  #isFilling = false;
  #longest = 0;
  #length = 0;
  readonly #sequences: MysqlScan['sequences'] = [];
  readonly #objects: Record<string, number> = {};
  readonly #definitions: Definitions | undefined;

  /** Passes every comment and statement to `definitions` too. */
  constructor(definitions?: Definitions) {
    this.#definitions = definitions;
  }

  write(chunk: Uint8Array): void {
    this.#dump.write(chunk);
  }

  /** Returns the table that was made or filled last. */
  get last(): string | undefined {
    return [...this.#tables.keys()].at(-1);
  }

  /** True inside of an INSERT. */
  get isFilling(): boolean {
    return this.#isFilling;
  }

  /** True where the dump can go on with other statements, but for the end of an INSERT. */
  get canGoOn(): boolean {
    return this.#dump.canGoOn;
  }

  /** Returns the tables and sequences that the dump has made so far. */
  get names(): string[] {
    return [...this.#tables.keys(), ...this.#sequences.map(({ name }) => name)];
  }

  /** Views that are there with their columns alone, until the end of the dump. */
  readonly standIns: string[] = [];

  rowsOf(table: string): number {
    return this.#tables.get(table)?.rows ?? 0;
  }

  /** Throws DumpMalformedError if the dump is not complete. */
  end(): MysqlScan {
    this.#dump.end();
    return {
      size: this.#dump.size,
      tables: [...this.#tables].map(([name, { rows, bytes, hash }]) => ({ name, rows, bytes, sha256: hash.digest('hex') })),
      sequences: this.#sequences,
      longestStatement: this.#longest,
      objects: this.#objects,
    };
  }

  comment(text: Buffer): void {
    this.#definitions?.comment(text);
  }

  statement(text: Buffer): void {
    this.#longest = Math.max(this.#longest, text.length);
    this.#definitions?.statement(text);
    const beginning = plainBeginning(text);
    const made = creationOf(beginning);
    if (made?.kind === 'TABLE') this.#table(made.name); // a table without rows has no INSERT
    if (made?.kind === 'STAND-IN') this.standIns.push(made.name);
    else if (made) this.#objects[made.kind] = (this.#objects[made.kind] ?? 0) + 1;
    const [, name, value, called] = sequenceValue.exec(beginning) ?? [];
    if (name !== undefined && value !== undefined) this.#sequences.push({ name: unquoted(name), value, called: called === '1' });
  }

  insert(table: string, beginning: Buffer): void {
    this.#filling = this.#table(table);
    this.#isFilling = true;
    this.#length = beginning.length;
  }

  data(rows: Buffer, ended: number): void {
    this.#length += rows.length;
    this.#longest = Math.max(this.#longest, this.#length);
    this.#take(rows, ended);
  }

  endOfData(): void {
    this.#isFilling = false;
    this.#take(Buffer.from(this.#dump.separator), 0);
  }

  #take(bytes: Buffer, rows: number): void {
    if (!this.#filling) return;
    this.#filling.hash.update(bytes);
    this.#filling.bytes += bytes.length;
    this.#filling.rows += rows;
  }

  #table(name: string): Table {
    const table = this.#tables.get(name) ?? { rows: 0, bytes: 0, hash: createHash('sha256') };
    this.#tables.set(name, table);
    return table;
  }
}

export async function scanOf(dump: AsyncIterable<Uint8Array>, definitions?: Definitions): Promise<MysqlScan> {
  const scanner = new MysqlScanner(definitions);
  for await (const block of dump) scanner.write(block);
  return scanner.end();
}
