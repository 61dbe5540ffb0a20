/** One chunk of the byte path: what compression and storage work best with. */
export const blockSize = 1024 * 1024;
/** As many as the byte path has in hand at a time. */
const mostSpare = 4;
const spare: ArrayBuffer[] = [];

/** A block to be filled: one that was released, when there is one. Memory that is new costs a page fault for every 4 KiB. */
export function newBlock(): Buffer<ArrayBuffer> {
  const buffer = spare.pop();
  return buffer ? Buffer.from(buffer) : Buffer.allocUnsafeSlow(blockSize);
}

/**
 * Takes back the memory of a chunk that nobody needs any more, now: V8 frees it when it collects its garbage, which it seldom does while little but buffers is made, and tens of MiB gather. The chunk is empty
 * afterwards, so a use by mistake cannot pass for data. One that shares its memory with others is left alone.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === 0 || buffer.byteLength !== byteLength || !(buffer instanceof ArrayBuffer)) return;
  const taken = buffer.transfer(byteLength === blockSize && spare.length < mostSpare ? blockSize : 0);
  if (taken.byteLength > 0) spare.push(taken);
}

/** Passes chunks on, and releases each when the next one is asked for. */
export async function* releasing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    release(chunk);
  }
}
