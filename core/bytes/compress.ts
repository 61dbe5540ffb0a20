import { once } from 'node:events';
import * as zlib from 'node:zlib';
import type { Compression } from '../names.ts';
import { release } from './blocks.ts';
import { cutAtFrames } from './zstd-frames.ts';

/**
 * Number of chunks that are compressed at a time. Each becomes a zstd frame or gzip member of its own, on libuv's
 * thread pool, while the next chunk is read; `zstd -d` and `gzip -d` read the whole as one file. Chunks of 1 MiB lose
 * nearly nothing in size, and the frames carry zstd's own checksum. Level 1, because the source waits. Reasons:
 * `docs/decisions/0003-independent-frames.md`.
 */
const inFlight = 2;

/**
 * Bytes that the largest frame of a chunk has beside it, for chunks of up to 1 MiB. With Node's 16 KiB for all, a frame
 * would pass between the threads a dozen times. Buffers of half a pool's size or less share memory, which cannot be
 * taken over.
 */
const frameRoom = Math.max(16 * 1024, Buffer.poolSize);

const codecs: Record<
  Exclude<Compression, 'none'>,
  { compressor: (room: number) => zlib.ZstdCompress | zlib.Gzip; decompressor: () => zlib.ZstdDecompress | zlib.Gunzip }
> = {
  zstd: {
    compressor: (chunkSize) =>
      zlib.createZstdCompress({ chunkSize, params: { [zlib.constants.ZSTD_c_compressionLevel]: 1, [zlib.constants.ZSTD_c_checksumFlag]: 1 } }),
    decompressor: () => zlib.createZstdDecompress({ chunkSize: 256 * 1024 }),
  },
  gzip: {
    compressor: (chunkSize) => zlib.createGzip({ chunkSize, level: 6 }),
    decompressor: () => zlib.createGunzip({ chunkSize: 256 * 1024 }),
  },
};

/**
 * Compresses, and ends normally only if `source` does; its error comes through. Releases the chunks of `source` once
 * they are compressed; the consumer may release a frame. Without any bytes it yields one empty frame, because `zstd`
 * and `gzip` reject an empty file.
 */
export async function* compress(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncGenerator<Uint8Array> {
  if (compression === 'none') return yield* source;
  const { compressor } = codecs[compression];
  const pending: Promise<Uint8Array>[] = [];
  const begin = (chunk: Uint8Array) => {
    const frame = frameOf(chunk, compressor(chunk.byteLength + frameRoom));
    // it may fail while nobody waits for it yet; its consumer gets the error from `pending`
    frame.catch(() => undefined);
    pending.push(frame);
  };
  let isEmpty = true;
  try {
    for await (const chunk of source) {
      isEmpty = false;
      begin(chunk);
      if (pending.length >= inFlight) yield await (pending.shift() as Promise<Uint8Array>);
    }
    if (isEmpty) begin(new Uint8Array());
    while (pending.length > 0) yield await (pending.shift() as Promise<Uint8Array>);
  } finally {
    await Promise.allSettled(pending);
  }
}

/**
 * Compresses one chunk. zlib's own functions for this would join a frame's pieces in new memory, and leave a MiB of
 * garbage.
 */
async function frameOf(chunk: Uint8Array, compressor: zlib.ZstdCompress | zlib.Gzip): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  compressor.on('data', (piece: Buffer) => pieces.push(piece));
  compressor.end(chunk);
  await once(compressor, 'close');
  release(chunk);
  return joined(pieces);
}

/** Joins the buffers that zlib has filled. If the whole frame is in one buffer, frees its unused rest. */
function joined(pieces: Buffer[]): Uint8Array {
  const [first] = pieces;
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (first && pieces.every(({ buffer }) => buffer === first.buffer)) return new Uint8Array((first.buffer as ArrayBuffer).transfer(size));
  return Buffer.concat(pieces);
}

/**
 * Yields the bytes before compression; the error of `source` comes through. Throws zlib's error if the bytes are no
 * such file, end in the middle of a frame, or go on after the last one.
 */
export async function* decompress(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncGenerator<Uint8Array> {
  if (compression === 'none') return yield* source;
  const decompressor = codecs[compression].decompressor();
  // after an early end nobody else listens, and the comparison below finds it
  decompressor.on('error', () => undefined);
  const feeding = feed(compression === 'zstd' ? cutAtFrames(source) : source, decompressor);
  feeding.catch(() => undefined); // it may fail while the consumer is busy with a chunk; the error comes through the decompressor
  try {
    yield* decompressor as AsyncIterable<Uint8Array>;
    // Node takes a gzip member that begins with a zero for padding, and ends there as if the file were complete
    if ((await feeding) !== decompressor.bytesWritten) throw Object.assign(new Error('there are other bytes after the last frame'), { code: 'Z_DATA_ERROR' });
  } finally {
    decompressor.destroy();
    await feeding.catch(() => undefined);
  }
}

/**
 * Feeds the decompressor until `source` ends or the decompressor takes no more. Resolves to the number of bytes that it
 * was given.
 */
async function feed(source: AsyncIterable<Uint8Array>, decompressor: zlib.ZstdDecompress | zlib.Gunzip): Promise<number> {
  let fed = 0;
  try {
    for await (const chunk of source) {
      fed += chunk.byteLength;
      if (decompressor.destroyed) return fed;
      if (!decompressor.write(chunk)) await drained(decompressor);
    }
    decompressor.end();
    return fed;
  } catch (error) {
    decompressor.destroy(error as Error);
    throw error;
  }
}

function drained(stream: zlib.ZstdDecompress | zlib.Gunzip): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
