import { DumpMalformedError } from '../../../errors.ts';
import type { SchemaText } from '../script/definitions.ts';
import { isKnown } from '../script/known-statements.ts';
import { PlainDump, type Visitor } from '../script/plain-dump.ts';
import { skeletonOf } from '../script/skeleton.ts';
import { UnknownOptions } from './unknown-options.ts';

/** What is done with a statement or line of a dump on its way into another server. Rows share the fate of their COPY. */
export type Ruling = 'pass' | 'drop' | { later: string };
export type Rule = (statement: string) => Ruling;

const lineFeed = Buffer.from('\n');
const endOfRows = Buffer.from('\\.\n');

export interface ScriptOptions {
  /** Told of every statement, whatever is ruled. */
  schema?: SchemaText;
  /** Left out of the statements that have them. */
  options?: UnknownOptions;
  /** For a server that lives only for this, and a role that may do little: a statement that pg_dump does not write is tried, and listed in `unknown`. Otherwise it is a DumpMalformedError. */
  lenient?: boolean;
}

/**
 * A dump as the script that restores it: statements and rows as they stand, but for those that `rule` drops or puts off. A statement that pg_dump does not write reaches no server that anybody keeps. No psql meta-command of the dump is passed: the script runs under a `\restrict` of our own, so psql
 * refuses any that a hostile dump could hide. Statements put off are in `later` after the end, in their order.
 */
export class RestoreScript implements Visitor {
  readonly later: { statement: string; why: string }[] = [];
  /** Statements that pg_dump does not write, without what they say it of. */
  readonly unknown: string[] = [];
  readonly #dump = new PlainDump(this);
  readonly #rule: Rule;
  readonly #schema: SchemaText | undefined;
  readonly #options: UnknownOptions;
  readonly #lenient: boolean;
  #ready: Buffer[] = [];
  #isDropped = false;

  constructor(rule: Rule, { schema, options = new UnknownOptions(), lenient = false }: ScriptOptions = {}) {
    this.#rule = rule;
    this.#schema = schema;
    this.#options = options;
    this.#lenient = lenient;
  }

  /** The script, piece by piece; the pieces are views of the source's chunks, which must not change any more. Throws a DumpMalformedError when the dump is not complete. */
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
    // byte by byte: words of the language are ASCII in every encoding of a server
    const bytewise = text.toString('latin1');
    const ruled = this.#rule(this.#dump.textOf(text.subarray(0, ruledOn)));
    const ruling = ruled === 'drop' || isKnown(bytewise) ? ruled : this.#tried(bytewise);
    const kept = ruling === 'drop' ? undefined : this.#options.leftOutOf(bytewise);
    this.#isDropped = ruling !== 'pass' || kept === undefined;
    if (ruling === 'drop' || kept === undefined) return;
    const statement = kept === bytewise ? text : Buffer.from(kept, 'latin1');
    if (ruling === 'pass') this.#ready.push(statement, lineFeed);
    else this.later.push({ statement: this.#dump.textOf(statement), why: ruling.later });
  }

  /** Never put off: a superuser runs what is. */
  #tried(statement: string): 'pass' {
    const shown = skeletonOf(statement).slice(0, longestShown);
    if (!this.#lenient) throw new DumpMalformedError(`the dump has a statement that pg_dump does not write: ${shown}`);
    this.unknown.push(shown);
    return 'pass';
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

/** Of a statement that nobody knows, in a message. */
const longestShown = 80;
