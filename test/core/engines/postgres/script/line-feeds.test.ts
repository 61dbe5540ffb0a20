import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countLineFeeds } from '../../../../../core/engines/postgres/script/line-feeds.ts';

/** Bytes near 0x0A, where a carry between bytes would show, at any alignment. */
const near = fc
  .uint8Array({ maxLength: 70 })
  .chain((any) => fc.tuple(fc.constant(any), fc.array(fc.constantFrom(0x0a, 0x0b, 0x09, 0x8a, 0x00, 0xff, 0x0a), { maxLength: 70 })));

it('counts as a loop over the bytes does, at every alignment and length', () => {
  fc.assert(
    fc.property(near, fc.nat(9), ([any, edge], offset) => {
      const bytes = Buffer.concat([Buffer.alloc(offset, 10), any, Buffer.from(edge)]).subarray(offset);
      expect(countLineFeeds(bytes)).toBe([...bytes].filter((byte) => byte === 10).length);
    }),
    { numRuns: 500 },
  );
});

it.each([0, 1, 3, 4, 5, 1_000_003])('counts %i line feeds in a row', (length) => {
  expect(countLineFeeds(new Uint8Array(length).fill(10))).toBe(length);
});
