import { createHash } from 'node:crypto';
import { withDoubles, withPlainNumbers } from './json-values.ts';
import { creationOf, plainBeginning } from './known-statements.ts';
import { PlainDump, type Visitor } from './plain-dump.ts';
import { textOfValue, valuesOf } from './row-values.ts';
import { type Column, tableText } from './table-text.ts';

/**
 * Way to compare rows: as they stand by default, by values, with the numbers in JSON as DOUBLEs hold them, or so and
 * without the columns that a restore fills anew: generated ones, and those of periods in a dump without history.
 */
export type SumsAs = 'values' | 'doubles' | 'stored' | undefined;

interface Summing {
  /** Maps the dump's names to those of `tables`. */
  canonicalName?: (name: string) => string;
  as?: SumsAs;
  /** True if periods are restored as they were, with the history of their tables. */
  withHistory?: boolean;
}

/**
 * Sums the SHA-256 of each row, modulo 2^256, for each of these tables. Sums are hexadecimal, and equal for the same
 * rows in any order.
 */
export async function sumsOf(
  dump: AsyncIterable<Uint8Array>,
  tables: string[],
  { canonicalName = (name) => name, as, withHistory = false }: Summing = {},
): Promise<Map<string, string>> {
  const sums = new RowSums(new Set(tables), canonicalName, as, withHistory);
  for await (const chunk of dump) sums.dump.write(chunk);
  sums.dump.end();
  return new Map([...sums.sums].map(([name, sum]) => [name, BigInt.asUintN(256, sum).toString(16)]));
}

const [lineFeed, comma] = [10, 44];

class RowSums implements Visitor {
  /** Strict, so that a call has one row at most. */
  readonly dump = new PlainDump(this, { strict: true });
  readonly sums = new Map<string, bigint>();
  readonly #wanted: Set<string>;
  readonly #canonicalName: (name: string) => string;
  readonly #as: SumsAs;
  readonly #withHistory: boolean;
  /** Columns of JSON and generated ones, by table; and all columns, in their order. */
  readonly #columns = new Map<string, { json: Set<string>; generated: Set<string>; all: string[] }>();
  #table: string | undefined;
  /** Places of the values that are JSON in the rows that follow. */
  #json = new Set<number>();
  /** Places of the values that are not compared. */
  #ignored = new Set<number>();
  #pieces: Buffer[] = [];
  #row = createHash('sha256');
  #isWithin = false;

  constructor(wanted: Set<string>, canonicalName: (name: string) => string, as: SumsAs, withHistory: boolean) {
    this.#wanted = wanted;
    this.#canonicalName = canonicalName;
    this.#as = as;
    this.#withHistory = withHistory;
  }

  statement(text: Buffer): void {
    const made = this.#as === undefined ? undefined : creationOf(plainBeginning(text));
    if (made?.kind !== 'TABLE' || !this.#wanted.has(this.#canonicalName(made.name))) return;
    const columns = tableText(text.toString())?.columns ?? [];
    const named = (is: (column: Column) => boolean) => new Set(columns.filter(is).map(({ name }) => name));
    const generated = named(({ isGenerated, isOfPeriod }) => this.#as === 'stored' && (isGenerated || (isOfPeriod && !this.#withHistory)));
    this.#columns.set(this.#canonicalName(made.name), { json: named(({ type }) => type === 'json'), generated, all: columns.map(({ name }) => name) });
  }

  insert(table: string, beginning: Buffer): void {
    const name = this.#canonicalName(table);
    this.#table = this.#wanted.has(name) ? name : undefined;
    const { json = new Set<string>(), generated = new Set<string>(), all = [] } = this.#columns.get(name) ?? {};
    const list = / \((.*)\) VALUES/s.exec(beginning.toString())?.[1];
    const names = list === undefined ? all : [...list.matchAll(/`((?:[^`]|``)+)`|\w+/g)].map(([word, quoted]) => quoted?.replaceAll('``', '`') ?? word);
    const placesOf = (columns: ReadonlySet<string>) => new Set(names.flatMap((column, at) => (columns.has(column) ? [at] : [])));
    [this.#json, this.#ignored] = [placesOf(json), placesOf(generated)];
  }

  data(rows: Buffer, ended: number): void {
    if (this.#table === undefined) return;
    let at = 0;
    while (!this.#isWithin && (rows[at] === comma || rows[at] === lineFeed)) at++;
    if (at === rows.length) return;
    this.#isWithin = ended === 0;
    if (this.#as === undefined) this.#row.update(rows.subarray(at));
    else this.#pieces.push(Buffer.from(rows.subarray(at)));
    if (this.#isWithin) return;
    if (this.#as !== undefined) this.#normal(Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.sums.set(this.#table, (this.sums.get(this.#table) ?? 0n) + BigInt(`0x${this.#row.digest('hex')}`));
    this.#row = createHash('sha256');
  }

  /** Digests a row by its values: numbers in JSON in one form, and a negative zero as zero. */
  #normal(row: Buffer): void {
    for (const [at, value] of valuesOf(row).entries()) {
      if (this.#ignored.has(at)) continue;
      const text = this.#json.has(at) ? textOfValue(value) : undefined;
      if (text !== undefined) this.#row.update(this.#as === 'values' ? withPlainNumbers(text) : withDoubles(text));
      else this.#row.update(/^-0(?:\.0+)?$/.test(value.toString('latin1', 0, 40)) ? value.subarray(1) : value);
      this.#row.update('\0');
    }
  }

  endOfData(): void {
    this.#table = undefined;
  }
}
