/** One chunk of the byte path. */
export const blockSize = 1024 * 1024;

/** The same bytes in blocks of 1 MiB, the last one shorter: what compression and storage work best with, however small the pieces are that a pipe gives. */
export async function* inBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafe(blockSize);
  let filled = 0;
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.length; ) {
      const piece = chunk.subarray(taken, taken + blockSize - filled);
      block.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
      if (filled < blockSize) continue;
      yield block;
      block = Buffer.allocUnsafe(blockSize);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
