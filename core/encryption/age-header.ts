import { createHmac, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { bytesOf, type Identity, publicKey, type Recipient } from './age-keys.ts';
import { open, seal } from './sealing.ts';

/* Header of an age file: https://github.com/C2SP/C2SP/blob/main/age.md#header */

const firstLine = 'age-encryption.org/v1';
const kind = 'X25519';
const wrapping = 'age-encryption.org/v1/X25519';
const fileKeyLength = 16;
/** Bytes of a wrapped file key: the key, and the tag that proves it. */
const wrappedLength = fileKeyLength + 16;
/** Longest header that is read, in bytes: some hundred recipients. */
export const mostHeader = 64 * 1024;
/** Nonce for a key that is used once. */
const onlyNonce = Buffer.alloc(12);

/** Writes the header of a file: its key, wrapped for each recipient. */
export function writeHeader(fileKey: Uint8Array, recipients: readonly Recipient[]): Buffer {
  const stanzas = recipients.map((recipient) => stanzaFor(recipient, fileKey));
  const head = `${[firstLine, ...stanzas].join('\n')}\n---`;
  return Buffer.from(`${head} ${unpadded(macOf(fileKey, head))}\n`);
}

function stanzaFor({ bytes }: Recipient, fileKey: Uint8Array): string {
  const once = generateKeyPairSync('x25519');
  const share = bytesOf(once.publicKey);
  const key = wrappingKey(diffieHellman({ privateKey: once.privateKey, publicKey: publicKey(bytes) }), share, bytes);
  return `-> ${kind} ${unpadded(share)}\n${unpadded(Buffer.concat(seal(key, onlyNonce, fileKey)))}`;
}

/** Result of reading a header: the file's key, or the reason for which there is none. */
export type ReadHeader = { fileKey: Uint8Array } | { refused: 'no header' | 'altered' | 'no identity' };

/**
 * Finds the end of a header at the beginning of these bytes. Returns undefined if it has not come yet, 0 if this is no
 * age file.
 */
export function endOfHeader(bytes: Buffer): number | undefined {
  const begins = `${firstLine}\n`;
  if (!begins.startsWith(bytes.toString('latin1', 0, begins.length))) return 0;
  const last = bytes.indexOf('\n---');
  const end = last < 0 ? -1 : bytes.indexOf('\n', last + 1);
  return end < 0 ? undefined : end + 1;
}

/** Reads a whole header, and opens its file key with one of these identities. */
export function readHeader(header: Buffer, identities: readonly Identity[]): ReadHeader {
  const text = header.toString('latin1');
  const end = text.lastIndexOf('\n---') + 4;
  const lines = text.slice(0, end).split('\n');
  const mac = /^ ([A-Za-z0-9+/]{43})\n$/.exec(text.slice(end))?.[1];
  if (lines[0] !== firstLine || mac === undefined) return { refused: 'no header' };
  for (const [index, line] of lines.entries()) {
    const share = line.startsWith(`-> ${kind} `) ? Buffer.from(line.slice(kind.length + 4), 'base64') : undefined;
    const wrapped = Buffer.from(lines[index + 1] ?? '', 'base64');
    if (share?.length !== 32 || wrapped.length !== wrappedLength) continue;
    for (const { key, recipient } of identities) {
      const fileKey = unwrapped(key, recipient, share, wrapped);
      if (!fileKey) continue;
      const expected = macOf(fileKey, text.slice(0, end));
      return timingSafeEqual(expected, Buffer.from(mac, 'base64')) ? { fileKey } : { refused: 'altered' };
    }
  }
  return { refused: 'no identity' };
}

/** Opens a wrapped key; undefined if it is another's. */
function unwrapped(key: KeyObject, { bytes }: Recipient, share: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  try {
    const shared = diffieHellman({ privateKey: key, publicKey: publicKey(share) });
    return open(wrappingKey(shared, share, bytes), onlyNonce, wrapped);
  } catch {
    return undefined; // a share of low order, which has no shared secret
  }
}

function wrappingKey(shared: Uint8Array, share: Uint8Array, recipient: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', shared, Buffer.concat([share, recipient]), wrapping, 32));
}

function macOf(fileKey: Uint8Array, head: string): Buffer {
  const key = hkdfSync('sha256', fileKey, new Uint8Array(), 'header', 32);
  return createHmac('sha256', new Uint8Array(key)).update(head).digest();
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
