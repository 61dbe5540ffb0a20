import { PlainDump, type Visitor } from './plain-dump.ts';

/** What is done with a statement or line of a dump on its way into another server. */
export type Ruling = 'pass' | 'drop' | { later: string };

const lineFeed = Buffer.from('\n');
const endOfRows = Buffer.from('\\.\n');

/**
 * A dump as the script that restores it: statements and rows as they stand, but for those that `rule` drops or puts off. No psql meta-command of the dump is passed: the script runs under a `\restrict` of our own, so psql
 * refuses any that a hostile dump could hide. Statements put off are in `later` after the end, in their order.
 */
export class RestoreScript implements Visitor {
  readonly later: { statement: string; why: string }[] = [];
  readonly #dump = new PlainDump(this);
  readonly #rule: (statement: string) => Ruling;
  #ready: Buffer[] = [];

  constructor(rule: (statement: string) => Ruling) {
    this.#rule = rule;
  }

  /** The script, piece by piece. Throws when the dump is not complete. */
  async *from(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#dump.write(chunk);
      yield Buffer.concat(this.#ready);
      this.#ready = [];
    }
    this.#dump.end();
    yield Buffer.concat(this.#ready);
  }

  line(): void {
    // comments and meta-commands have no effect on what is restored
  }

  statement(text: Buffer): void {
    const ruling = this.#rule(text.toString('utf8', 0, ruledOn));
    if (ruling === 'pass') this.#ready.push(Buffer.from(text), lineFeed);
    else if (ruling !== 'drop') this.later.push({ statement: this.#dump.textOf(text), why: ruling.later });
  }

  data(rows: Buffer): void {
    this.#ready.push(Buffer.from(rows));
  }

  endOfData(): void {
    this.#ready.push(endOfRows);
  }
}

/** Bytes of a statement that a ruling looks at: all of it, but for the largest. An ALTER FUNCTION names up to 100 arguments and their types, some 40 KB, before it says OWNER TO. */
const ruledOn = 64 * 1024;
