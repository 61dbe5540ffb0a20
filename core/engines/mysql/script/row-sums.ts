import { createHash } from 'node:crypto';
import { PlainDump, type Visitor } from './plain-dump.ts';

/**
 * Sums the SHA-256 of each row, modulo 2^256, for each of these tables. Sums are hexadecimal, and equal for the same
 * rows in any order. `told` maps the dump's names to those of `tables`.
 */
export async function sumsOf(dump: AsyncIterable<Uint8Array>, tables: string[], told = (name: string) => name): Promise<Map<string, string>> {
  const sums = new RowSums(new Set(tables), told);
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
  readonly #told: (name: string) => string;
  #table: string | undefined;
  #row = createHash('sha256');
  #isWithin = false;

  constructor(wanted: Set<string>, told: (name: string) => string) {
    this.#wanted = wanted;
    this.#told = told;
  }

  statement(): void {
    // holds no rows
  }

  insert(table: string): void {
    const name = this.#told(table);
    this.#table = this.#wanted.has(name) ? name : undefined;
  }

  data(rows: Buffer, ended: number): void {
    if (this.#table === undefined) return;
    let at = 0;
    while (!this.#isWithin && (rows[at] === comma || rows[at] === lineFeed)) at++;
    if (at === rows.length) return;
    this.#isWithin = ended === 0;
    this.#row.update(rows.subarray(at));
    if (this.#isWithin) return;
    this.sums.set(this.#table, (this.sums.get(this.#table) ?? 0n) + BigInt(`0x${this.#row.digest('hex')}`));
    this.#row = createHash('sha256');
  }

  endOfData(): void {
    this.#table = undefined;
  }
}
