import { createHash } from 'node:crypto';
import { copiedTable, PlainDump, type Visitor } from './plain-dump.ts';

/**
 * Sums the SHA-256 of each row, modulo 2^256, for each of these tables. Sums are hexadecimal, and equal for the same
 * rows in any order.
 */
export async function sumsOf(dump: AsyncIterable<Uint8Array>, tables: string[]): Promise<Map<string, string>> {
  const sums = new RowSums(new Set(tables));
  for await (const chunk of dump) sums.dump.write(chunk);
  sums.dump.end();
  return new Map([...sums.sums].map(([name, sum]) => [name, BigInt.asUintN(256, sum).toString(16)]));
}

class RowSums implements Visitor {
  readonly dump = new PlainDump(this);
  readonly sums = new Map<string, bigint>();
  readonly #wanted: Set<string>;
  #table: string | undefined;
  /** Digest of a row whose end is still to come. */
  #row = createHash('sha256');

  constructor(wanted: Set<string>) {
    this.#wanted = wanted;
  }

  line(): void {
    // holds no rows
  }

  statement(text: Buffer): void {
    const name = copiedTable(text, (bytes) => this.dump.textOf(bytes));
    this.#table = name !== undefined && this.#wanted.has(name) ? name : undefined;
  }

  data(rows: Buffer): void {
    if (this.#table === undefined) return;
    let sum = this.sums.get(this.#table) ?? 0n;
    for (let at = 0; at < rows.length; ) {
      const end = rows.indexOf(10, at);
      this.#row.update(rows.subarray(at, end < 0 ? rows.length : end + 1));
      if (end < 0) break;
      sum += BigInt(`0x${this.#row.digest('hex')}`);
      this.#row = createHash('sha256');
      at = end + 1;
    }
    this.sums.set(this.#table, sum);
  }

  endOfData(): void {
    this.#table = undefined;
  }
}
