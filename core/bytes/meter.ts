import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Measures bytes as they pass: size (bytes), SHA-256 and CRC-32 (hexadecimal). */
export class Meter {
  size = 0;
  readonly #sha256 = createHash('sha256');
  #crc32 = 0;

  async *measure(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.size += chunk.byteLength;
      this.#sha256.update(chunk);
      this.#crc32 = crc32(chunk, this.#crc32);
      yield chunk;
    }
  }

  /** Returns the measures. Call it once, after the last byte. */
  result(): { size: number; sha256: string; crc32: string } {
    return { size: this.size, sha256: this.#sha256.digest('hex'), crc32: hexadecimal(this.#crc32) };
  }
}

export function hexadecimal(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
