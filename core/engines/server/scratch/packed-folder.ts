import { closeSync, fchownSync, ftruncateSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { blockSize, newBlock } from '../../../bytes/blocks.ts';
import type { Identity } from './identity.ts';

/*
 * Calls are synchronous: a data directory has a thousand small files, for which Node's asynchronous calls take ten
 * times as long. A block holds few of them, so nothing else waits for longer than about a millisecond.
 */

/** A file, or without a size a folder. The path is relative; a folder comes before what is in it. */
interface Entry {
  path: string;
  size?: number;
}

/**
 * Streams a folder: a line of JSON that lists its entries, then the bytes of the files in that order. Throws TypeError
 * if anything but files and folders is in it.
 */
export async function* pack(folder: string): AsyncGenerator<Uint8Array> {
  const entries = entriesOf(folder);
  yield Buffer.from(`${JSON.stringify(entries)}\n`);
  let block = newBlock();
  let filled = 0;
  for (const { path, size = 0 } of entries) {
    if (size === 0) continue;
    const file = openSync(join(folder, path), 'r');
    try {
      for (let done = 0; done < size; ) {
        const read = readSync(file, block, filled, Math.min(size - done, blockSize - filled), done);
        if (read === 0) throw new TypeError(`${path} became shorter while it was packed`);
        done += read;
        filled += read;
        if (filled < blockSize) continue;
        yield block;
        block = newBlock();
        filled = 0;
      }
    } finally {
      closeSync(file);
    }
  }
  yield block.subarray(0, filled);
}

function entriesOf(folder: string): Entry[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry): Entry => {
    const whole = join(entry.parentPath, entry.name);
    const path = relative(folder, whole);
    if (entry.isDirectory()) return { path };
    if (!entry.isFile()) throw new TypeError(`${path} is neither a file nor a folder`);
    return { path, size: statSync(whole).size };
  });
  return entries.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * Writes a packed folder's entries into an empty folder, readable by `owner` alone (by default ourselves). Zeros become
 * holes: most of a new data directory is space that a server has set aside. Throws SyntaxError if the bytes are not a
 * packed folder's.
 */
export async function unpack(bytes: AsyncIterable<Uint8Array>, folder: string, owner: Identity | undefined): Promise<void> {
  const source = new Source(bytes);
  try {
    for (const { path, size } of JSON.parse(await source.line()) as Entry[]) {
      if (path.split(sep).includes('..')) throw new SyntaxError('an entry lies outside of its folder');
      const target = join(folder, path);
      if (size !== undefined) await writeOut(target, size, { source, owner });
      else {
        await mkdir(target, { mode: 0o700 });
        if (owner) await chown(target, owner.uid, owner.gid);
      }
    }
    await source.end();
  } finally {
    await source.close();
  }
}

async function writeOut(path: string, size: number, { source, owner }: { source: Source; owner: Identity | undefined }): Promise<void> {
  const file = openSync(path, 'wx', 0o600);
  try {
    for (let done = 0; done < size; ) {
      const piece = await source.atMost(size - done);
      if (!isZeros(piece)) for (let written = 0; written < piece.length; ) written += writeSync(file, piece, written, piece.length - written, done + written);
      done += piece.length;
    }
    ftruncateSync(file, size);
    if (owner) fchownSync(file, owner.uid, owner.gid);
  } finally {
    closeSync(file);
  }
}

const zeros = Buffer.alloc(blockSize);

function isZeros(piece: Uint8Array): boolean {
  return piece.length <= zeros.length && zeros.subarray(0, piece.length).equals(piece);
}

/** A stream that is taken piece by piece. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** Up to the next line feed, which is not given. */
  async line(): Promise<string> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await this.atMost(Number.POSITIVE_INFINITY);
      const end = piece.indexOf(0x0a);
      if (end < 0) {
        pieces.push(piece);
        continue;
      }
      this.#rest = piece.subarray(end + 1);
      return Buffer.concat([...pieces, piece.subarray(0, end)]).toString();
    }
  }

  /** The next bytes: at least one, at most `length`. */
  async atMost(length: number): Promise<Uint8Array> {
    if (!(await this.#fill())) throw new SyntaxError('a packed folder ends too early');
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Reads the end, where a compressed stream tells whether all of it was sound. */
  async end(): Promise<void> {
    if (await this.#fill()) throw new SyntaxError('a packed folder goes on after its last file');
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#rest = value;
    }
    return true;
  }
}
