/** Size of a block of the byte path, in bytes; it suits compression and storage. */
export const blockSize = 1024 * 1024;
/**
 * Returns how much to read of a file of this size at a time, in bytes: a block, and for a document of some KB no more
 * than it needs, since V8 frees buffers late. Never 0, which Node's streams wait on for ever.
 */
export function readSizeOf(size: number): number {
  return Math.max(1, Math.min(size, blockSize));
}

/** Largest number of spare blocks: as many as the byte path uses at a time. */
const mostSpare = 4;
const spare: ArrayBuffer[] = [];

/** Returns a block to be filled, a released one if there is one. New memory costs a page fault for every 4 KiB. */
export function newBlock(): Buffer<ArrayBuffer> {
  const buffer = spare.pop();
  return buffer ? Buffer.from(buffer) : Buffer.allocUnsafeSlow(blockSize);
}

/**
 * Takes back the memory of a chunk that nobody needs any more, at once. V8 would free it only when it collects garbage,
 * which it seldom does while little but buffers is made, so tens of MiB would gather. The chunk is empty afterwards, so
 * that a use by mistake cannot pass for data. A chunk that shares its memory with others is left alone.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === 0 || buffer.byteLength !== byteLength || !(buffer instanceof ArrayBuffer)) return;
  const taken = buffer.transfer(byteLength === blockSize && spare.length < mostSpare ? blockSize : 0);
  if (taken.byteLength > 0) spare.push(taken);
}

/**
 * Frees the memory of bytes that nobody needs any more. Whatever shares it is empty afterwards, so it is not for a
 * buffer of Node's pool.
 */
export function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) buffer.transfer(0);
}

/** Passes chunks on, and releases each when the next one is asked for. */
export async function* releasing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    release(chunk);
  }
}
