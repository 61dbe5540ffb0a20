import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DumpMalformedError, RefusedError, SourceUnreadableError } from '../errors.ts';
import { sizeText } from '../figures.ts';
import type { Compression } from '../names.ts';
import { blockSize } from './blocks.ts';
import { decompress } from './compress.ts';
import { storageError } from './storage-error.ts';

/** A file that others have made, compressed or not, or a folder of such files. */
export interface ForeignFile {
  path: string;
  /** SHA-256 of the file as it is; of a folder, of the names and checksums of its files. */
  sha256: string;
  modified: Date;
  /** First bytes, decompressed, as Latin-1. */
  beginning: string;
  /** Files of a folder, as they are; `read` throws as that of the whole. @default it is a file */
  files?: { name: string; read(): AsyncGenerator<Uint8Array> }[];
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
    return { path, modified: file.modified, sha256: file.sha256, beginning: await beginningOf(read()), read };
  } catch (error) {
    throw readError(path, error);
  }
}

/**
 * Opens a folder of files that are one dump; `by` is the one that has its beginning and its time. Throws RefusedError
 * if anything but files is in it, or they are larger than `limit` together.
 */
export async function openForeignFolder(path: string, by: string, limit: number, signal: AbortSignal): Promise<ForeignFile> {
  try {
    const entries = (await readdir(path, { withFileTypes: true })).sort((one, other) => (one.name < other.name ? -1 : 1));
    const other = entries.find((entry) => !entry.isFile());
    if (other) throw new RefusedError(`its folder holds ${JSON.stringify(other.name)}, which is no file; a dump that is a folder holds files alone`);
    const files: { name: string; path: string; compression: 'none'; sha256: string; size: number }[] = [];
    for (const { name } of entries) {
      const file = join(path, name);
      const { size } = await stat(file);
      if (files.reduce((sum, each) => sum + each.size, size) > limit)
        throw new RefusedError(`its files hold more than ${sizeText(limit)}, the limit for a single dump; --largest GIGABYTES sets another`);
      files.push({ name, path: file, compression: 'none', sha256: await sha256Of(file, signal), size });
    }
    const first = files.find(({ name }) => name === by);
    if (!first) throw new RefusedError(`its folder lacks ${by}`);
    const read = () => decompressed(first, limit, signal);
    return {
      path,
      sha256: createHash('sha256')
        .update(files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''))
        .digest('hex'),
      modified: (await stat(first.path)).mtime,
      beginning: await beginningOf(read()),
      read,
      files: files.map((file) => ({ name: file.name, read: () => decompressed(file, limit, signal) })),
    };
  } catch (error) {
    throw readError(path, error);
  }
}

async function factsOf(path: string): Promise<Pick<ForeignFile, 'modified'> & { compression: Compression }> {
  await using file = await open(path, 'r');
  const stats = await file.stat();
  if (!stats.isFile()) throw new RefusedError('it is no file');
  if (stats.size === 0) throw new DumpMalformedError('it is empty');
  const magic = Buffer.alloc(4);
  await file.read(magic, 0, 4, 0);
  return { modified: stats.mtime, compression: compressionOf(magic.toString('hex')) };
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

async function* decompressed(
  file: Pick<ForeignFile, 'path' | 'sha256'> & { compression: Compression },
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
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
