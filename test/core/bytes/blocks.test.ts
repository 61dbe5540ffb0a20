import { describe, expect, it } from 'vitest';
import { blockSize, newBlock, readSizeOf, release, releasing } from '../../../core/bytes/blocks.ts';
import { compress } from '../../../core/bytes/compress.ts';
import { noise } from '../../support/streams.ts';

const size = 100_000;
const compressions = ['zstd', 'gzip', 'none'] as const;

async function* handedOver(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('release', () => {
  it('empties a chunk that has its memory to itself', () => {
    const chunk = new Uint8Array(size);
    release(chunk);
    expect(chunk.length).toBe(0);
    expect(() => release(chunk)).not.toThrow();
  });

  it.each([
    ['the beginning', 0, 1],
    ['all but the beginning', 1, size],
  ])('leaves %s of a larger one alone', (_, start, end) => {
    const whole = new Uint8Array(size).fill(7);
    release(whole.subarray(start, end));
    expect(whole.every((byte) => byte === 7)).toBe(true);
    expect(whole.length).toBe(size);
  });
});

describe('a block', () => {
  it('that was released is given out once, and whoever still has it sees nothing', () => {
    const released = newBlock();
    release(released);
    const [one, other] = [newBlock(), newBlock()];
    one.fill(1);
    other.fill(2);
    expect([one.length, other.length, released.length]).toEqual([blockSize, blockSize, 0]);
    expect(one.every((byte) => byte === 1)).toBe(true);
  });
});

describe('the byte path', () => {
  it.each(compressions)('holds no chunk that has been stored (%s)', async (compression) => {
    const chunks = [1, 2, 3].map((seed) => new Uint8Array(noise(size, seed)));
    const frames: Uint8Array[] = [];
    for await (const frame of releasing(compress(handedOver(chunks), compression))) {
      expect(frame.length).toBeGreaterThan(0);
      frames.push(frame);
    }
    expect([...chunks, ...frames].map(({ length }) => length)).toEqual(Array(6).fill(0));
  });
});

it('a read is as large as the file, a block at most, and never nothing: a stream would wait for ever', () => {
  expect([0, 5000, 5 * blockSize].map(readSizeOf)).toEqual([1, 5000, blockSize]);
});
