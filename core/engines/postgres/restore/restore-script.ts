import { createHash } from 'node:crypto';
import { DumpMalformedError } from '../../../errors.ts';
import { objectIn, type SchemaText } from '../script/definitions.ts';
import { isKnown } from '../script/known-statements.ts';
import { countLineFeeds } from '../script/line-feeds.ts';
import { copiedColumns, copiedTable, PlainDump, type Visitor } from '../script/plain-dump.ts';
import { sequenceSetBy } from '../script/scanner.ts';
import { skeletonOf } from '../script/skeleton.ts';
import { withoutClauses } from './check-clauses.ts';
import type { Guard } from './guard.ts';
import { textDigest } from './text-table.ts';
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
  /** Statements to leave out, and clauses inside of statements, by the SHA-256 of their bytes. */
  without?: ReadonlySet<string>;
  /** Copies these rows alone, by the SHA-256 of their COPY. */
  only?: ReadonlySet<string>;
  /** Search path for all statements, as SQL writes it, instead of the empty one. */
  path?: string;
  /** Keeps a matter of one statement from ending the transaction: `all` of them, or only REFRESH. */
  guard?: { by: Guard; all: boolean /** COPYs that need the search path, by their SHA-256. */; withPath: ReadonlySet<string> };
  /** Receives every statement that the script holds, with the number of its first line in psql's input. */
  passed?: (statement: Buffer, place: { line: number; object: string }) => void;
}

/**
 * Turns a dump into the script that restores it: statements and rows as they stand, except those that `rule` drops or
 * puts off. Statements put off are in `later` after the end, in their order and in the dump's
 * encoding.
 * A statement that pg_dump does not write reaches no server that is kept. Meta-commands of the dump are not passed, and
 * the script runs under a `\restrict` of our own, so psql refuses any that a hostile dump could hide.
 */
export class RestoreScript implements Visitor {
  readonly later: { statement: Buffer; why: string }[] = [];
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
  /** Sequences whose values were left out. */
  readonly unset: string[] = [];
  readonly #passed: ScriptOptions['passed'];
  readonly #only: ScriptOptions['only'];
  readonly #path: string;
  readonly #guard: ScriptOptions['guard'];
  #hasRows = false;
  #hasPath = false;
  /** Number of the next line, counted only if somebody asks. The first is psql's `\restrict`. */
  #line = 2;
  #object = '';
  #ready: Buffer[] = [];
  #isDropped = false;

  constructor(
    rule: Rule,
    { schema, options = new UnknownOptions(), lenient = false, without = new Set(), only, path = '', guard, passed }: ScriptOptions = {},
  ) {
    this.#rule = rule;
    this.#schema = schema;
    this.#options = options;
    this.#lenient = lenient;
    this.#passed = passed;
    this.#without = without;
    this.#only = only;
    this.#path = path;
    this.#guard = guard;
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
    if (this.#guard?.all) this.#push(Buffer.from(`${this.#guard.by.retry()}\n`));
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
      this.#push(...this.#guarded(statement), lineFeed);
    } else this.later.push({ statement: Buffer.from(statement), why: ruling.later });
  }

  #isFlawed(bytewise: string, text: Buffer): boolean {
    const table = copiedTable(text, (bytes) => this.#dump.textOf(bytes));
    if (table !== undefined && this.#only && !this.#only.has(digestOf(bytewise))) return true;
    if (this.#without.size === 0 || !this.#without.has(digestOf(bytewise))) return false;
    if (table !== undefined) this.emptied.push(table);
    const sequence = sequenceSetBy(this.#dump.textOf(text));
    if (sequence !== undefined) this.unset.push(sequence);
    return true;
  }

  /** Yields a statement as it is run: in the guard, and after what it needs. */
  #guarded(statement: Buffer): Buffer[] {
    const bytewise = statement.toString('latin1');
    if (this.#path !== '' && emptyPath.test(bytewise)) return [Buffer.from(`SET search_path = ${this.#path};`)];
    if (!this.#guard) return [statement];
    const { by, all, withPath } = this.#guard;
    const latin1 = (text: string) => Buffer.from(text, 'latin1');
    const object = Buffer.from(this.#object).toString('latin1');
    if (bytewise.startsWith('REFRESH ')) return [latin1(by.refresh(bytewise.replace(/;$/, ''), object))];
    if (!all) return [statement];
    const table = copiedTable(statement);
    if (table === undefined) return [guardable.test(bytewise) ? latin1(by.statement(bytewise, object)) : statement];
    const before = this.#hasRows ? [] : [`${by.retry()}\n`];
    this.#hasRows = true;
    this.#hasPath = withPath.has(digestOf(bytewise));
    const path = this.#hasPath ? [`SET search_path = ${by.path};\n`] : [];
    const columns = copiedColumns(statement);
    const made = this.#without.has(textDigest(table)) ? by.textTable(table, columns) : by.table(table, columns);
    return [...[...before, `${made}\n`, ...path].map(latin1), statement];
  }

  #withoutChecks(bytewise: string): string {
    const { statement, adding } = withoutClauses(bytewise, this.#without);
    // rows that break it stay as they are in the source; new ones are checked
    this.checks.push(...adding.filter((each) => each !== '').map((each) => `${this.#dump.textOf(Buffer.from(each, 'latin1'))} NOT VALID;`));
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
    if (this.#isDropped) return;
    this.#push(endOfRows);
    if (this.#hasPath) this.#push(Buffer.from("SET search_path = '';\n"));
    this.#hasPath = false;
  }
}

function digestOf(bytewise: string): string {
  return createHash('sha256').update(bytewise, 'latin1').digest('hex');
}

const emptyPath = /^SELECT pg_catalog\.set_config\('search_path', '', false\);$/;
/** Statements that may be guarded. A large object's descriptor belongs to the transaction that opened it. */
const guardable = /^(CREATE|ALTER|COMMENT|GRANT|REVOKE|SECURITY LABEL|SELECT pg_catalog\.setval\() ?/;

/**
 * Bytes of a statement that a rule sees: all of it, except of the largest. An ALTER FUNCTION names up to 100 arguments
 * and their types, some 40 KB, before it says OWNER TO.
 */
const ruledOn = 64 * 1024;

/** Longest part of an unknown statement that a message shows, in characters. */
const longestShown = 80;
