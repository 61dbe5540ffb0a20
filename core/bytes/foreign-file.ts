import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { DumpMalformedError, RefusedError, SourceUnreadableError, storageError } from '../errors.ts';
import { sizeText } from '../figures.ts';
import type { Compression } from '../names.ts';
import { blockSize } from './blocks.ts';
import { decompress } from './compress.ts';

/** A file that others have made, compressed or not. */
export interface ForeignFile {
  path: string;
  /** Size and SHA-256 of the file as it is. */
  size: number;
  sha256: string;
  modified: Date;
  compression: Compression;
  /** First bytes, decompressed, as Latin-1. */
  beginning: string;
  /**
   * Yields the decompressed bytes. Throws RefusedError if they are more than the limit, or the file has changed since
   * it was opened; DumpMalformedError if it is cut or damaged.
   */
  read(): AsyncGenerator<Uint8Array>;
}

/** Bytes of the beginning that tell what a file is. */
const beginningSize = 4096;

/**
 * Opens a file, and takes its checksum and its beginning. The bytes say how it is compressed, whatever its name says.
 * `limit` is the largest number of decompressed bytes. Throws SourceUnreadableError if this user cannot read it.
 */
export async function openForeignFile(path: string, limit: number, signal: AbortSignal): Promise<ForeignFile> {
  try {
    const facts = await factsOf(path);
    const file = { path, ...facts, sha256: await sha256Of(path, signal) };
    const read = () => decompressed(file, limit, signal);
    return { ...file, beginning: await beginningOf(read()), read };
  } catch (error) {
    throw readError(path, error);
  }
}

async function factsOf(path: string): Promise<Pick<ForeignFile, 'size' | 'modified' | 'compression'>> {
  await using file = await open(path, 'r');
  const stats = await file.stat();
  if (!stats.isFile()) throw new RefusedError('it is no file');
  if (stats.size === 0) throw new DumpMalformedError('it is empty');
  const magic = Buffer.alloc(4);
  await file.read(magic, 0, 4, 0);
  return { size: stats.size, modified: stats.mtime, compression: compressionOf(magic.toString('hex')) };
}

function compressionOf(magic: string): Compression {
  if (magic.startsWith('1f8b')) return 'gzip';
  return magic === '28b52ffd' ? 'zstd' : 'none';
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: blockSize, signal })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Passes bytes, and throws RefusedError if they are more than `limit`. */
export async function* limited(bytes: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > limit)
      throw new RefusedError(`it holds more than ${sizeText(limit)} once it is decompressed, the limit for a single file; --largest GIGABYTES sets another`);
    yield chunk;
  }
}

async function* decompressed(file: Pick<ForeignFile, 'path' | 'compression' | 'sha256'>, limit: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { path, compression, sha256 } = file;
  const hash = createHash('sha256');
  async function* stored(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(path, { highWaterMark: blockSize, signal })) {
      hash.update(chunk as Uint8Array);
      yield chunk as Uint8Array;
    }
  }
  try {
    yield* limited(decompress(stored(), compression), limit);
  } catch (error) {
    if (/^(Z_|ZSTD_|ERR_ZLIB|ERR_ZSTD)/.test((error as NodeJS.ErrnoException).code ?? ''))
      throw new DumpMalformedError(`it is cut or damaged: it cannot be decompressed to its end (${(error as Error).message})`, { cause: error });
    throw readError(path, error);
  }
  if (hash.digest('hex') !== sha256) throw new RefusedError('it was changed while it was read');
}

async function beginningOf(bytes: AsyncGenerator<Uint8Array>): Promise<string> {
  let beginning = '';
  for await (const chunk of bytes) {
    beginning += Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.byteLength, beginningSize)).toString('latin1');
    if (beginning.length >= beginningSize) break;
  }
  return beginning;
}

function readError(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM' || code === 'EIO')
    return new SourceUnreadableError(`it cannot be read (${code})`, { cause: error });
  return storageError(error, `read ${path}`);
}
