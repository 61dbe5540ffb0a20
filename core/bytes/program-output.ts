import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockSize, newBlock, release } from './blocks.ts';
import { storageError } from './storage-error.ts';

/** Largest read, in bytes: as much as Linux keeps for a socket. */
const readSize = 256 * 1024;

/** Error to throw if nothing has come for `after` milliseconds although we were ready to read. */
export interface Silence {
  after: number;
  error: Error;
}

/** Standard output of a program, in blocks of 1 MiB, the last one shorter. */
export interface ProgramOutput {
  /** Socket to give to the program as its standard output. The starter of the program destroys it. */
  stdout: Socket;
  /** Blocks, to be read once. One is read ahead; then the program waits. */
  blocks: AsyncIterableIterator<Uint8Array>;
}

/**
 * Opens a Unix socket for it, instead of the pipe that `spawn` makes. Some tools write 4 KiB at a time, and for
 * each of a pipe's many small reads Node makes a buffer of 64 KiB and an event. Here one buffer takes them all
 * (`onread`).
 * Throws StorageRefusedError or StorageFullError if the folder for temporary files takes none.
 */
export async function openOutput(silence?: Silence): Promise<ProgramOutput> {
  const folder = await mkdtemp(join(tmpdir(), `sauvegarde-output-${process.pid}-`)).catch((error: unknown) => {
    throw storageError(error, `make a temporary folder in ${tmpdir()} for what a program writes`);
  });
  const server = createServer({ pauseOnConnect: true });
  try {
    const path = join(folder, 'output');
    server.listen(path);
    await once(server, 'listening');
    const connected = once(server, 'connection');
    const blocks = new Blocks(path, silence);
    const [stdout] = (await connected) as [Socket];
    return { stdout, blocks: blocks.all() };
  } catch (error) {
    throw storageError(error, `open a socket in ${folder} for what a program writes`);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class Blocks {
  readonly #socket: Socket;
  readonly #silence: Silence | undefined;
  #filling = newBlock();
  #filled = 0;
  readonly #ready: Uint8Array[] = [];
  #isOver = false;
  #error: Error | undefined;
  #wake = () => {};

  constructor(path: string, silence: Silence | undefined) {
    this.#silence = silence;
    this.#socket = connect({ path, onread: { buffer: Buffer.allocUnsafe(readSize), callback: (size, buffer) => this.#take(buffer.subarray(0, size)) } });
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    // otherwise our own reader is slow
    this.#socket.on('timeout', () => this.#ready.length === 0 && this.#socket.destroy(silence?.error));
    this.#socket.on('end', () => this.#end()).on('close', () => this.#end());
    this.#read();
  }

  async *all(): AsyncGenerator<Uint8Array> {
    try {
      while (true) {
        const block = this.#ready.shift();
        if (block) {
          this.#read();
          yield block;
        } else if (this.#isOver) break;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
      if (this.#error) throw this.#error;
    } finally {
      this.#socket.destroy();
    }
  }

  /** Reads on. Silence counts from here. */
  #read(): void {
    this.#socket.setTimeout(this.#silence?.after ?? 0);
    this.#socket.resume();
  }

  /** Takes bytes. Returns true to read on. */
  #take(bytes: Uint8Array): boolean {
    for (let taken = 0; taken < bytes.length; ) {
      const piece = bytes.subarray(taken, taken + blockSize - this.#filled);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === blockSize) this.#finish(this.#filling, newBlock());
    }
    return this.#ready.length === 0;
  }

  #finish(block: Uint8Array, next: Buffer<ArrayBuffer>): void {
    this.#ready.push(block);
    this.#filling = next;
    this.#filled = 0;
    this.#wake();
  }

  #end(): void {
    if (this.#isOver) return;
    const block = this.#filling;
    // what most programs say is short; the block is for the next one
    if (this.#filled > 0) this.#finish(Buffer.from(block.subarray(0, this.#filled)), Buffer.alloc(0));
    release(block);
    this.#isOver = true;
    this.#wake();
  }
}
