import { PlainDump, type Visitor } from './plain-dump.ts';

const lineFeed = Buffer.from('\n');

/**
 * Writes a dump anew as it passes, with a DELIMITER wherever that changes. Here every part stays as it is; subclasses
 * override the calls of those parts that they change.
 */
export class DumpRewriter implements Visitor {
  protected readonly dump: PlainDump;
  #delimiter = ';';
  #ready: Buffer[] = [];

  constructor(options: ConstructorParameters<typeof PlainDump>[1] = {}) {
    this.dump = new PlainDump(this, options);
  }

  /** Yields what is written, one piece for a piece of the source. Throws DumpMalformedError if that is not complete. */
  async *from(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.dump.write(chunk);
      if (this.#ready.length > 0) yield this.#taken();
    }
    this.dump.end();
    if (this.#ready.length > 0) yield this.#taken();
  }

  #taken(): Buffer {
    const taken = Buffer.concat(this.#ready);
    this.#ready = [];
    return taken;
  }

  comment(text: Buffer): void {
    this.delimit(';');
    this.push(text, lineFeed);
  }

  statement(text: Buffer, delimiter: string): void {
    this.delimit(delimiter);
    this.push(text, Buffer.from(delimiter), lineFeed);
  }

  insert(_: string, beginning: Buffer): void {
    this.delimit(';');
    this.push(beginning);
  }

  data(rows: Buffer): void {
    this.push(rows);
  }

  endOfData(): void {
    this.push(Buffer.from(';\n'));
  }

  /** Changes the delimiter, if that is another one now. */
  protected delimit(delimiter: string): void {
    if (delimiter !== this.#delimiter) this.push(Buffer.from(`DELIMITER ${delimiter}\n`));
    this.#delimiter = delimiter;
  }

  protected push(...pieces: Buffer[]): void {
    this.#ready.push(...pieces);
  }
}
