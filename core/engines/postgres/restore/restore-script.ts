import { createHash } from 'node:crypto';
import { DumpMalformedError } from '../../../errors.ts';
import { objectIn, type SchemaText } from '../script/definitions.ts';
import { isKnown } from '../script/known-statements.ts';
import { countLineFeeds } from '../script/line-feeds.ts';
import { copiedTable, PlainDump, type Visitor } from '../script/plain-dump.ts';
import { skeletonOf } from '../script/skeleton.ts';
import { withoutClauses } from './check-clauses.ts';
import { UnknownOptions } from './unknown-options.ts';

/** Decision on a statement or line of a dump on its way into another server. Rows follow their COPY. */
export type Ruling = 'pass' | 'drop' | { later: string };
export type Rule = (statement: string) => Ruling;

const lineFeed = Buffer.from('\n');
const endOfRows = Buffer.from('\\.\n');

export interface ScriptOptions {
  /** Receives every statement, whatever the decision. */
  schema?: SchemaText;
  /** Options to leave out of the statements that have them. */
  options?: UnknownOptions;
  /**
   * For a server that lives only for this, and a role with few rights: tries statements that pg_dump does not write,
   * and lists them in `unknown`. Otherwise such a statement is a DumpMalformedError.
   */
  lenient?: boolean;
  /** Statements to leave out, and CHECKs inside of statements, by the SHA-256 of their bytes. */
  without?: ReadonlySet<string>;
  /** Receives every statement that the script holds, with the number of its first line in psql's input. */
  passed?: (statement: Buffer, place: { line: number; object: string }) => void;
}

/**
 * Turns a dump into the script that restores it: statements and rows as they stand, except those that `rule` drops or
 * puts off. Statements put off are in `later` after the end, in their order.
 * A statement that pg_dump does not write reaches no server that is kept. Meta-commands of the dump are not passed, and
 * the script runs under a `\restrict` of our own, so psql refuses any that a hostile dump could hide.
 */
export class RestoreScript implements Visitor {
  readonly later: { statement: string; why: string }[] = [];
  /** Skeletons of the statements that pg_dump does not write. */
  readonly unknown: string[] = [];
  readonly #dump = new PlainDump(this);
  readonly #rule: Rule;
  readonly #schema: SchemaText | undefined;
  readonly #options: UnknownOptions;
  readonly #lenient: boolean;
  readonly #without: ReadonlySet<string>;
  /** Statements that add the CHECKs that were left out to tables whose rows are there. */
  readonly checks: string[] = [];
  /** Tables whose rows were left out. */
  readonly emptied: string[] = [];
  readonly #passed: ScriptOptions['passed'];
  /** Number of the next line, counted only if somebody asks. The first is psql's `\restrict`. */
  #line = 2;
  #object = '';
  #ready: Buffer[] = [];
  #isDropped = false;

  constructor(rule: Rule, { schema, options = new UnknownOptions(), lenient = false, without = new Set(), passed }: ScriptOptions = {}) {
    this.#rule = rule;
    this.#schema = schema;
    this.#options = options;
    this.#lenient = lenient;
    this.#passed = passed;
    this.#without = without;
  }

  /**
   * Yields the script, piece by piece. The pieces are views of the source's chunks, which must not change any more.
   * Throws DumpMalformedError if the dump is not complete.
   */
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
    // comments and meta-commands do not change what is restored
    const line = this.#dump.textOf(text);
    this.#schema?.line(line);
    this.#object = objectIn(line) ?? this.#object;
  }

  statement(text: Buffer): void {
    this.#schema?.statement(text, this.#dump);
    // byte by byte: SQL keywords are ASCII in every server encoding
    const bytewise = text.toString('latin1');
    const ruled = this.#rule(this.#dump.textOf(text.subarray(0, ruledOn)));
    const ruling = ruled === 'drop' || isKnown(bytewise) ? ruled : this.#tried(bytewise);
    const kept = ruling === 'drop' || this.#isFlawed(bytewise, text) ? undefined : this.#options.leftOutOf(this.#withoutChecks(bytewise));
    this.#isDropped = ruling !== 'pass' || kept === undefined;
    if (ruling === 'drop' || kept === undefined) return;
    const statement = kept === bytewise ? text : Buffer.from(kept, 'latin1');
    if (ruling === 'pass') {
      this.#passed?.(statement, { line: this.#line, object: this.#object });
      this.#push(statement, lineFeed);
    } else this.later.push({ statement: this.#dump.textOf(statement), why: ruling.later });
  }

  #isFlawed(bytewise: string, text: Buffer): boolean {
    if (this.#without.size === 0 || !this.#without.has(createHash('sha256').update(bytewise, 'latin1').digest('hex'))) return false;
    const table = copiedTable(text, (bytes) => this.#dump.textOf(bytes));
    if (table !== undefined) this.emptied.push(table);
    return true;
  }

  #withoutChecks(bytewise: string): string {
    const { statement, adding } = withoutClauses(bytewise, this.#without);
    // rows that break it stay as they are in the source; new ones are checked
    this.checks.push(...adding.map((each) => `${this.#dump.textOf(Buffer.from(each, 'latin1'))} NOT VALID;`));
    return statement;
  }

  #push(...pieces: Buffer[]): void {
    this.#ready.push(...pieces);
    if (this.#passed) for (const piece of pieces) this.#line += countLineFeeds(piece);
  }

  /** Passes an unknown statement or refuses it. Never puts it off: a superuser runs those that are put off. */
  #tried(statement: string): 'pass' {
    const shown = skeletonOf(statement).slice(0, longestShown);
    if (!this.#lenient) throw new DumpMalformedError(`the dump has a statement that pg_dump does not write: ${shown}`);
    this.unknown.push(shown);
    return 'pass';
  }

  data(rows: Buffer): void {
    if (!this.#isDropped) this.#push(rows);
  }

  endOfData(): void {
    if (!this.#isDropped) this.#push(endOfRows);
  }
}

/**
 * Bytes of a statement that a rule sees: all of it, except of the largest. An ALTER FUNCTION names up to 100 arguments
 * and their types, some 40 KB, before it says OWNER TO.
 */
const ruledOn = 64 * 1024;

/** Longest part of an unknown statement that a message shows, in characters. */
const longestShown = 80;
