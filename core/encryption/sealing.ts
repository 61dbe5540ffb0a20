import { createCipheriv, createDecipheriv } from 'node:crypto';

const algorithm = 'chacha20-poly1305';
/** Bytes of the tag behind each sealed piece, which proves it. */
export const tagLength = 16;

/** Seals bytes (RFC 8439): returns them encrypted, and their tag. A key takes a nonce once. */
export function seal(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): [Buffer, Buffer] {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  const sealed = cipher.update(bytes);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** Opens sealed bytes with their tag at the end; undefined if a bit of either was changed, or the key is another. */
export function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  const end = sealed.byteLength - tagLength;
  if (end < 0) return undefined;
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  decipher.setAuthTag(sealed.subarray(end));
  const bytes = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return bytes;
  } catch {
    return undefined;
  }
}
