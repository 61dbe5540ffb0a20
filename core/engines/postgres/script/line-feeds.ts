/**
 * Counts line feeds, four bytes at a time. A byte equals 0x0A exactly when it is zero after XOR with 0x0A, and a zero
 * byte is found without a branch (Warren, Hacker's Delight, 6–1). Several times faster than a loop over bytes, and COPY
 * data is little else than bytes to count.
 */
export function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  let at = 0;
  while (at < bytes.length && (bytes.byteOffset + at) & 3) if (bytes[at++] === 10) count++;
  const words = at < bytes.length ? new Uint32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2) : [];
  for (let index = 0; index < words.length; index++) {
    const x = (words[index] as number) ^ 0x0a0a0a0a;
    // the high bit of each byte of y is set exactly where x has a zero byte; no carry passes from byte to byte
    const y = ~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f);
    count += Math.imul((y >>> 7) & 0x01010101, 0x01010101) >>> 24;
  }
  for (at += words.length * 4; at < bytes.length; at++) if (bytes[at] === 10) count++;
  return count;
}
