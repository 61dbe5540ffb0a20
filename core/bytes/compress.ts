import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Compression } from '../names.ts';

/**
 * Each chunk becomes a zstd frame or gzip member of its own, compressed on libuv's thread pool: the next chunk is read while this one is compressed, and `zstd -d` or `gzip -d` read the
 * whole as one file. Chunks of 1 MiB lose nearly nothing in size; the frames carry zstd's own checksum. Why: `docs/decisions/0003-independent-frames.md`.
 */
const inFlight = 2;

type Compress = (chunk: Uint8Array) => Promise<Uint8Array>;

const zstd = promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);

const codecs: Record<Exclude<Compression, 'none'>, { compress: Compress; decompressor: () => zlib.ZstdDecompress | zlib.Gunzip }> = {
  zstd: {
    compress: (chunk) => zstd(chunk, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 3, [zlib.constants.ZSTD_c_checksumFlag]: 1 } }),
    decompressor: () => zlib.createZstdDecompress({ chunkSize: 256 * 1024 }),
  },
  gzip: {
    compress: (chunk) => gzip(chunk, { level: 6 }),
    decompressor: () => zlib.createGunzip({ chunkSize: 256 * 1024 }),
  },
};

/** Ends normally only when `source` does; its error comes through. */
export async function* compress(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncGenerator<Uint8Array> {
  if (compression === 'none') return yield* source;
  const { compress } = codecs[compression];
  const pending: Promise<Uint8Array>[] = [];
  try {
    for await (const chunk of source) {
      const frame = compress(chunk);
      frame.catch(() => undefined); // thrown where it is awaited
      pending.push(frame);
      if (pending.length >= inFlight) yield await (pending.shift() as Promise<Uint8Array>);
    }
    while (pending.length > 0) yield await (pending.shift() as Promise<Uint8Array>);
  } finally {
    await Promise.allSettled(pending);
  }
}

/** The bytes before compression. Bytes that are no such file, or end in the middle of a frame, are zlib's error. */
export async function* decompress(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncGenerator<Uint8Array> {
  if (compression === 'none') return yield* source;
  const decompressor = codecs[compression].decompressor();
  const feeding = feed(source, decompressor);
  try {
    yield* decompressor as AsyncIterable<Uint8Array>;
    await feeding;
  } finally {
    decompressor.destroy();
    await feeding.catch(() => undefined); // the same error has come through the decompressor
  }
}

async function feed(source: AsyncIterable<Uint8Array>, decompressor: zlib.ZstdDecompress | zlib.Gunzip): Promise<void> {
  try {
    for await (const chunk of source) {
      if (decompressor.destroyed) return;
      if (!decompressor.write(chunk)) await drained(decompressor);
    }
    decompressor.end();
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
