import { createHash, type Hash } from 'node:crypto';

const making = /^SELECT pg_catalog\.lo_(?:create\('(\d+)'\)|open\((?:pg_catalog\.lo_create\()?'(\d+)')/;

/** Learns the large objects of a plain dump from its statements about them. */
export class LargeObjects {
  /** Offset in the dump before the first of them, after the last piece before it. */
  after: number | undefined;
  /** Number of the one that is being filled. */
  open: string | undefined;
  /** True between the first statement that fills and the end of its transaction. */
  isBegun = false;
  /** Numbers of those that are filled. */
  readonly filled = new Set<string>();
  #count = 0;
  readonly #hash = createHash('sha256');
  #sum = 0n;
  /** Digest of the open one's number and of the statements that write its bytes; undefined if it has none. */
  #filling: Hash | undefined;

  statement(text: Buffer, before: number): void {
    this.after ??= before;
    this.#hash.update(text);
    const beginning = text.toString('latin1', 0, 60);
    const [, created, opened] = making.exec(beginning) ?? [];
    if (beginning.includes('lo_create(')) this.#count += 1;
    if (created !== undefined) this.#add(createHash('sha256').update(text));
    if (opened !== undefined) this.open = opened;
    if (beginning.startsWith('SELECT pg_catalog.lowrite(')) {
      this.#filling ??= createHash('sha256').update(`${this.open}\n`);
      this.#filling.update(text);
    }
    if (!beginning.startsWith('SELECT pg_catalog.lo_close(') || this.open === undefined) return;
    this.filled.add(this.open);
    if (this.#filling) this.#add(this.#filling);
    [this.open, this.#filling] = [undefined, undefined];
  }

  #add(hash: Hash): void {
    this.#sum = BigInt.asUintN(256, this.#sum + BigInt(`0x${hash.digest('hex')}`));
  }

  end(): { count: number; sha256: string; sum: string } {
    return { count: this.#count, sha256: this.#hash.digest('hex'), sum: this.#sum.toString(16) };
  }
}
