import { StorageRefusedError } from '../../errors.ts';

const mebibyte = 1024 * 1024;

export interface Part {
  /** From 1. */
  number: number;
  bytes: Uint8Array;
  isLast: boolean;
}

/**
 * Returns the size of the part with this number, in bytes: 8 MiB, doubled after every 750 parts, up to 1 GiB. The total
 * is not known beforehand, S3 takes 10,000 parts, and a part stays in memory until S3 has it. So parts are small as
 * long as the dump is: 8 MiB up to 5.9 GiB, 64 MiB at 50 GiB, 256 MiB at 200 GiB. The 10,000 parts hold 5.3 TiB.
 */
export function partSize(number: number): number {
  return 8 * mebibyte * 2 ** Math.min(Math.floor((number - 1) / 750), 7);
}

/** Memory that a part begins with, in bytes: most objects are documents of some KB. */
const beginning = 64 * 1024;

/** Largest number of parts of an upload. */
const mostParts = 10_000;

/**
 * Divides bytes into parts of `sizeOf` their number. The last one is shorter, and empty only if there are no bytes at
 * all. After each step, the owner may reuse a chunk. Throws StorageRefusedError if 10,000 parts do not hold the bytes.
 */
export async function* partsOf(bytes: AsyncIterable<Uint8Array>, sizeOf: (number: number) => number = partSize): AsyncGenerator<Part> {
  let number = 1;
  let filling = Buffer.allocUnsafe(Math.min(beginning, sizeOf(number)));
  let filled = 0;
  for await (const chunk of bytes) {
    for (let taken = 0; taken < chunk.byteLength; ) {
      if (filled === filling.byteLength && filled < sizeOf(number)) {
        const larger = Buffer.allocUnsafe(Math.min(4 * filled, sizeOf(number)));
        larger.set(filling);
        filling = larger;
      }
      if (filled === filling.byteLength) {
        yield { number, bytes: filling, isLast: false };
        if (number === mostParts)
          throw new StorageRefusedError(`the store takes ${mostParts} parts of ${sizeOf(number)} bytes, and the dump has more; use another store for it`);
        filling = Buffer.allocUnsafe(sizeOf(++number));
        filled = 0;
      }
      const piece = chunk.subarray(taken, taken + filling.byteLength - filled);
      filling.set(piece, filled);
      filled += piece.byteLength;
      taken += piece.byteLength;
    }
  }
  yield { number, bytes: filling.subarray(0, filled), isLast: true };
}
