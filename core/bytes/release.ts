/**
 * Frees the memory of a chunk that nobody needs any more, now: V8 frees it when it collects its garbage, which it seldom does while little but buffers is made, and tens of MiB gather. The chunk is empty
 * afterwards. One that shares its memory with others is left alone.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (byteLength > 0 && buffer.byteLength === byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Passes chunks on, and frees each when the next one is asked for. */
export async function* releasing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    release(chunk);
  }
}
