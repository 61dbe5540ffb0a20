import { hkdfSync, randomBytes } from 'node:crypto';
import { ChecksumError, KeyMissingError } from '../errors.ts';
import { endOfHeader, mostHeader, readHeader, writeHeader } from './age-header.ts';
import type { Identity, Recipient } from './age-keys.ts';
import { open, seal, tagLength } from './sealing.ts';

/*
 * Files of age, https://age-encryption.org/v1, as its public tool writes and reads them. The primitives are OpenSSL's;
 * `docs/decisions/0039-encrypted-as-age-does.md` says why the few lines around them are ours.
 */

/** Bytes that are sealed at a time, and the bytes at which a file's own salt has its length. */
const [pieceLength, saltLength, fileKeyLength] = [64 * 1024, 16, 16];

/** Encrypts for these recipients. Ends normally only if `source` does; its error comes through. */
export async function* encrypt(source: AsyncIterable<Uint8Array>, recipients: readonly Recipient[]): AsyncGenerator<Uint8Array> {
  const [fileKey, salt] = [randomBytes(fileKeyLength), randomBytes(saltLength)];
  yield Buffer.concat([writeHeader(fileKey, recipients), salt]);
  const payload = new Payload(fileKey, salt);
  const pieces = new Pieces(pieceLength);
  for await (const chunk of source) {
    const sealed = pieces.take(chunk).flatMap((piece) => payload.seal(piece, false));
    if (sealed.length > 0) yield joined(sealed);
  }
  yield joined(payload.seal(pieces.rest(), true));
}

/** A file's name in errors, and the public names for which it was encrypted, as far as they are known. */
export interface Encrypted {
  key: string;
  recipients?: readonly string[] | undefined;
}

/**
 * Decrypts. Throws KeyMissingError, before the first byte, if none of the identities opens the file. Throws
 * ChecksumError if it is no age file, was changed or was cut; every byte that was yielded before that is genuine.
 */
export async function* decrypt(source: AsyncIterable<Uint8Array>, identities: readonly Identity[], file: Encrypted): AsyncGenerator<Uint8Array> {
  const pieces = new Pieces(pieceLength + tagLength);
  let [head, payload]: [Buffer, Payload | undefined] = [Buffer.alloc(0), undefined];
  for await (const chunk of source) {
    let rest = chunk;
    if (!payload) {
      head = Buffer.concat([head, chunk]);
      const end = endOfHeader(head);
      if (end === 0 || (end === undefined && head.length > mostHeader)) throw new ChecksumError(`${file.key} is not a file of age`);
      if (end === undefined || head.length < end + saltLength) continue;
      payload = new Payload(fileKeyOf(head.subarray(0, end), identities, file), head.subarray(end, end + saltLength));
      rest = head.subarray(end + saltLength);
    }
    const opened = pieces.take(rest).map((piece) => payload?.open(piece, false) ?? altered(file));
    if (opened.length > 0) yield joined(opened);
  }
  if (!payload) throw new ChecksumError(`${file.key} is not a whole file of age: it was cut before its first data`);
  const last = pieces.rest();
  const opened = payload.open(last, true) ?? (payload.open(last, false) ? cut(file) : altered(file));
  if (opened.length > 0) yield opened;
}

function fileKeyOf(header: Buffer, identities: readonly Identity[], { key, recipients = [] }: Encrypted): Uint8Array {
  const found = readHeader(header, identities);
  if ('fileKey' in found) return found.fileKey;
  const given = identities.map(({ recipient }) => recipient.name);
  // a key of one of its recipients would open it
  if (found.refused !== 'no identity' || given.some((name) => recipients.includes(name)))
    throw new ChecksumError(`${key} has ${found.refused === 'no header' ? 'no' : 'an altered'} header of age: its bytes were changed`);
  throw new KeyMissingError(
    `${key} is encrypted for ${recipients.join(' and ') || 'other recipients'}, and the identity that was given is that of ${given.join(' and ')}, which does not open it`,
  );
}

function altered({ key }: Encrypted): never {
  throw new ChecksumError(`${key} cannot be decrypted from here on: its bytes were changed, or its end is missing`);
}

function cut({ key }: Encrypted): never {
  throw new ChecksumError(`${key} was cut: its last part is missing`);
}

/** The sealed pieces of one file. Each is sealed with its number, the last one as the last. */
class Payload {
  readonly #key: Uint8Array;
  #number = 0;

  constructor(fileKey: Uint8Array, salt: Uint8Array) {
    this.#key = new Uint8Array(hkdfSync('sha256', fileKey, salt, 'payload', 32));
  }

  seal(piece: Uint8Array, isLast: boolean): Buffer[] {
    return seal(this.#key, this.#nonce(isLast), piece);
  }

  /** Returns undefined if the piece was changed; the same piece can then be tried again. */
  open(piece: Uint8Array, isLast: boolean): Buffer | undefined {
    if (isLast && piece.byteLength === tagLength && this.#number > 0) return undefined; // only an empty file has an empty piece
    const number = this.#number;
    const opened = open(this.#key, this.#nonce(isLast), piece);
    if (!opened) this.#number = number;
    return opened;
  }

  #nonce(isLast: boolean): Uint8Array {
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(this.#number++, 5, 6); // 2⁴⁸ pieces are 16 exabytes
    nonce[11] = isLast ? 1 : 0;
    return nonce;
  }
}

/** Cuts chunks of any length into pieces of one length. Holds back the last, since it may end the file. */
class Pieces {
  readonly #held: Buffer;
  #length = 0;

  constructor(length: number) {
    this.#held = Buffer.allocUnsafeSlow(length);
  }

  /** Returns the pieces that are complete and not the last; they are valid until the next call. */
  take(chunk: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let at = 0;
    const fill = () => {
      const part = chunk.subarray(at, at + this.#held.length - this.#length);
      this.#held.set(part, this.#length);
      this.#length += part.byteLength;
      at += part.byteLength;
    };
    fill();
    if (at === chunk.byteLength) return pieces;
    pieces.push(Buffer.from(this.#held)); // a copy: the rest of the chunk comes into its place
    for (; chunk.byteLength - at > this.#held.length; at += this.#held.length) pieces.push(chunk.subarray(at, at + this.#held.length));
    this.#length = 0;
    fill();
    return pieces;
  }

  /** Returns what is left: the last piece. */
  rest(): Uint8Array {
    return this.#held.subarray(0, this.#length);
  }
}

/** Joins buffers in memory of their own, which can be released. */
function joined(parts: readonly Uint8Array[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
