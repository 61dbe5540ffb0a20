import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compress, decompress } from '../../../core/bytes/compress.ts';
import { Meter } from '../../../core/bytes/meter.ts';
import { gathered, inPieces, noise, streamOf } from '../../support/streams.ts';

const compressions = ['zstd', 'gzip', 'none'] as const;
const size = 64 * 1024;

/** Noise in so many chunks that tells how far it was read, and when it was closed. */
function watched(chunks: Uint8Array[]) {
  const state = { given: 0, isClosed: false };
  async function* source() {
    try {
      for (const chunk of chunks) {
        state.given++;
        yield chunk;
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { source: source(), state };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a slow consumer', () => {
  it.each(compressions)('of compressed %s holds the source back', async (compression) => {
    const { source, state } = watched(inPieces(noise(100 * size), size));
    const stored = new Meter().measure(compress(source, compression));
    for (let taken = 1; taken <= 5; taken++) {
      await stored.next();
      await pause();
      expect(state.given).toBeLessThanOrEqual(taken + 2);
    }
    await stored.return(undefined);
    expect(state.isClosed).toBe(true);
  });

  it.each(compressions)('of decompressed %s holds the source back', async (compression) => {
    const stored = inPieces(await gathered(compress(streamOf(inPieces(noise(100 * size), size)), compression)), size);
    const { source, state } = watched(stored);
    const content = decompress(source, compression);
    await content.next();
    await pause();
    expect(state.given).toBeLessThan(20);
    await content.return(undefined);
    expect(state.isClosed).toBe(true);
  });
});

describe('an error of the source', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(() => process.off('unhandledRejection', note));

  const points = [0, 1, 2, 3, 40];
  const cases = compressions.flatMap((compression) => points.map((chunks) => [compression, chunks] as const));

  it.each(cases)('comes through the compression %s unchanged after %i chunks', async (compression, chunks) => {
    const error = Object.assign(new Error('the tool died'), { code: 'ECONNRESET' });
    await expect(gathered(new Meter().measure(compress(streamOf(inPieces(noise(chunks * size), size), error), compression)))).rejects.toBe(error);
    await pause();
    expect(unhandled).toEqual([]);
  });

  it.each(cases)('comes through the decompression %s unchanged after %i pieces', async (compression, pieces) => {
    const error = Object.assign(new Error('the disk died'), { code: 'EIO' });
    const stored = inPieces(await gathered(compress(streamOf(inPieces(noise(40 * size), size)), compression)), size);
    await expect(gathered(decompress(streamOf(stored.slice(0, pieces), error), compression))).rejects.toBe(error);
    await pause();
    expect(unhandled).toEqual([]);
  });

  it.each(compressions)('that comes while the consumer of decompressed %s is busy waits for it', async (compression) => {
    const error = new Error('the disk died');
    const stored = await gathered(compress(streamOf(inPieces(noise(2 * size), size)), compression));
    const content = decompress(streamOf([stored], error), compression);
    expect((await content.next()).done).toBe(false);
    await pause();
    await expect(gathered(content)).rejects.toBe(error);
    await pause();
    expect(unhandled).toEqual([]);
  });

  it.each(['zstd', 'gzip'] as const)('that is a chunk nobody can compress with %s comes through while the source hesitates', async (compression) => {
    async function* hesitating() {
      yield 1 as unknown as Uint8Array;
      await pause();
      yield Buffer.from('x');
    }
    await expect(gathered(compress(hesitating(), compression))).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    await pause();
    expect(unhandled).toEqual([]);
  });
});
