import { createHash } from 'node:crypto';
import { copiedTable, PlainDump, type Visitor } from './plain-dump.ts';

/**
 * Sums the SHA-256 of each row, modulo 2^256, for each of these tables. Sums are hexadecimal, and equal for the same
 * rows in any order, of rows and of columns: a column that a parent got later has another place after a restore.
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
  /** Places of the columns in the order of their names; undefined if they stand so. */
  #order: number[] | undefined;
  /** Beginning of a row whose end is still to come. */
  #begun = Buffer.alloc(0);
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
    this.#order = this.#table === undefined ? undefined : orderOf(this.dump.textOf(text));
  }

  data(rows: Buffer): void {
    if (this.#table === undefined) return;
    if (this.#order) {
      this.#permuted(this.#table, rows, this.#order);
      return;
    }
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

  /** Sums rows whose values are put in the order of the columns' names. */
  #permuted(table: string, rows: Buffer, order: number[]): void {
    let sum = this.sums.get(table) ?? 0n;
    const lines = Buffer.concat([this.#begun, rows]);
    let at = 0;
    for (let end = lines.indexOf(10); end >= 0; at = end + 1, end = lines.indexOf(10, at)) {
      const values = lines.toString('latin1', at, end).split('\t');
      const row = `${order.map((column) => values[column]).join('\t')}\n`;
      sum += BigInt(`0x${createHash('sha256').update(row, 'latin1').digest('hex')}`);
    }
    this.#begun = Buffer.from(lines.subarray(at));
    this.sums.set(table, sum);
  }

  endOfData(): void {
    this.#table = undefined;
  }
}

function orderOf(copy: string): number[] | undefined {
  const list = /^COPY (?:"(?:[^"]|"")*"|[^\s".]+)(?:\.(?:"(?:[^"]|"")*"|[^\s".]+))? \((.*)\) FROM stdin;$/s.exec(copy)?.[1] ?? '';
  const names = [...list.matchAll(/"(?:[^"]|"")*"|[^\s",]+/g)].map(([name]) => name);
  const order = names.map((_, at) => at).sort((one, other) => ((names[one] ?? '') < (names[other] ?? '') ? -1 : 1));
  return order.every((column, at) => column === at) ? undefined : order;
}
