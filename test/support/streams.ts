/**
 * Yields the chunks one after the other, then throws the error if there is one. Copies them: the byte path frees its
 * chunks.
 */
export async function* streamOf(chunks: Iterable<Uint8Array | string>, error?: unknown): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : new Uint8Array(chunk);
  if (error !== undefined) throw error;
}

/** Gathers all bytes of a stream. */
export async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Makes the same bytes every time, which compress badly: a xorshift of `seed`. */
export function noise(size: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, size);
}

/** Cuts bytes into pieces of `size`. */
export function inPieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}
