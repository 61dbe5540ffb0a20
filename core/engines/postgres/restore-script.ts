import { PlainDump, type Visitor } from './plain-dump.ts';
import type { SchemaText } from './schema-text.ts';

/** What is done with a statement or line of a dump on its way into another server. Rows share the fate of their COPY. */
export type Ruling = 'pass' | 'drop' | { later: string };
export type Rule = (statement: string) => Ruling;

const lineFeed = Buffer.from('\n');
const endOfRows = Buffer.from('\\.\n');

/**
 * A dump as the script that restores it: statements and rows as they stand, but for those that `rule` drops or puts off. No psql meta-command of the dump is passed: the script runs under a `\restrict` of our own, so psql
 * refuses any that a hostile dump could hide. Statements put off are in `later` after the end, in their order.
 */
export class RestoreScript implements Visitor {
  readonly later: { statement: string; why: string }[] = [];
  readonly #dump = new PlainDump(this);
  readonly #rule: Rule;
  readonly #schema: SchemaText | undefined;
  #ready: Buffer[] = [];
  #isDropped = false;

  /** The `schema` is told of every statement, whatever is ruled. */
  constructor(rule: Rule, schema?: SchemaText) {
    this.#rule = rule;
    this.#schema = schema;
  }

  /** The script, piece by piece; the pieces are views of the source's chunks, which must not change any more. Throws a MalformedDump when the dump is not complete. */
  async *from(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#dump.write(chunk);
      yield* this.#taken();
    }
    this.#dump.end();
    yield* this.#taken();
  }

  #taken(): Buffer[] {
    const taken = this.#ready;
    this.#ready = [];
    return taken;
  }

  line(text: Buffer): void {
    // comments and meta-commands have no effect on what is restored
    this.#schema?.line(this.#dump.textOf(text));
  }

  statement(text: Buffer): void {
    this.#schema?.statement(text, this.#dump);
    const ruling = this.#rule(this.#dump.textOf(text.subarray(0, ruledOn)));
    this.#isDropped = ruling !== 'pass';
    if (ruling === 'pass') this.#ready.push(text, lineFeed);
    else if (ruling !== 'drop') this.later.push({ statement: this.#dump.textOf(text), why: ruling.later });
  }

  data(rows: Buffer): void {
    if (!this.#isDropped) this.#ready.push(rows);
  }

  endOfData(): void {
    if (!this.#isDropped) this.#ready.push(endOfRows);
  }
}

/** Bytes of a statement that a ruling looks at: all of it, but for the largest. An ALTER FUNCTION names up to 100 arguments and their types, some 40 KB, before it says OWNER TO. */
const ruledOn = 64 * 1024;
