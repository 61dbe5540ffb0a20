import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockSize, inBlocks } from '../../../core/bytes/blocks.ts';
import { gathered, noise, streamOf } from '../../support/streams.ts';

const bytes = noise(3 * blockSize + 17);

it('gives the same bytes in blocks of 1 MiB, however they come', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.nat(bytes.length), fc.nat(10), fc.constantFrom(blockSize, 2 * blockSize)), { maxLength: 30 }), async (cuts) => {
      const borders = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
      const blocks: Uint8Array[] = [];
      for await (const block of inBlocks(streamOf(chunks))) blocks.push(block);
      expect(blocks.map(({ length }) => length)).toEqual([blockSize, blockSize, blockSize, 17]);
      expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

it.each([
  [0, []],
  [1, [1]],
  [blockSize - 1, [blockSize - 1]],
  [blockSize, [blockSize]],
  [blockSize + 1, [blockSize, 1]],
])('%i bytes are %j', async (size, lengths) => {
  const blocks: number[] = [];
  for await (const block of inBlocks(streamOf([bytes.subarray(0, size)]))) blocks.push(block.length);
  expect(blocks).toEqual(lengths);
});

it('a block that was given stays as it is while more come', async () => {
  const reused = Buffer.alloc(blockSize);
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const value of [1, 2, 3]) yield reused.fill(value);
  }
  const blocks: Uint8Array[] = [];
  for await (const block of inBlocks(source())) blocks.push(block);
  expect(blocks.map((block) => [block[0], block.at(-1)])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

it('a source that breaks off gives no last block but its error', async () => {
  await expect(gathered(inBlocks(streamOf([bytes.subarray(0, 10)], new Error('broken'))))).rejects.toThrow('broken');
});

it('a reader that stops ends the source', async () => {
  let ended = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      while (true) yield bytes;
    } finally {
      ended = true;
    }
  }
  for await (const _ of inBlocks(source())) break;
  expect(ended).toBe(true);
});
