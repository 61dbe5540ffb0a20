import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ConfigurationError } from '../errors.ts';
import { fromBech32, toBech32 } from './bech32.ts';

/** Public key, for which a file is encrypted. */
export interface Recipient {
  /** Name as age writes it, `age1…`. */
  name: string;
  /** The 32 bytes of an X25519 key. */
  bytes: Uint8Array;
}

/** Secret key, which opens what is encrypted for its recipient. */
export interface Identity {
  recipient: Recipient;
  key: KeyObject;
}

const keyLength = 32;
const secretPrefix = 'age-secret-key-';
/** Beginnings of keys in DER (RFC 8410), which Node takes; the 32 bytes follow. */
const [spki, pkcs8] = [Buffer.from('302a300506032b656e032100', 'hex'), Buffer.from('302e020100300506032b656e04220420', 'hex')];

const remedy = 'write the public key that "sauvegarde key new" or age-keygen prints, which begins with age1';

/** Explains why a text is not the name of a recipient; undefined if it is one. */
export function mistakeInRecipient(text: string): string | undefined {
  if (/^age-secret-key-/i.test(text)) return `is a secret key, which must not stand here; ${remedy}`;
  if (/^age1[a-z][a-z0-9-]{1,20}1[a-z0-9]/i.test(text) || /^ssh-/.test(text))
    return `is a kind of recipient that not every age opens; only X25519 keys are supported: ${remedy}`;
  const found = fromBech32(text);
  if (found?.prefix === 'age' && found.bytes.length === keyLength && text === text.toLowerCase()) return undefined;
  return `is not a recipient of age${text.startsWith('age1') ? ': a character is wrong, or lacking' : ''}; ${remedy}`;
}

/** Reads the name of a recipient. Throws ConfigurationError if it is none. */
export function recipientOf(name: string): Recipient {
  const mistake = mistakeInRecipient(name);
  const found = fromBech32(name);
  if (mistake !== undefined || !found) throw new ConfigurationError(`${JSON.stringify(name)} ${mistake}`);
  return { name, bytes: found.bytes };
}

/**
 * Reads the identities of a text as age-keygen writes it: a secret key a line, and comments. `origin` names the text in
 * errors, which never quote it. Throws ConfigurationError if a line is no identity, or if there is none.
 */
export function identitiesIn(text: string, origin: string): Identity[] {
  if (/^(age-encryption\.org\/v1|-----BEGIN AGE ENCRYPTED FILE-----)/.test(text))
    throw new ConfigurationError(`${origin} is itself encrypted; open it first: age -d ${origin} > key.txt`);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const found = lines.flatMap((line, index) => (line === '' || line.startsWith('#') ? [] : [identityOf(line, `line ${index + 1} of ${origin}`)]));
  if (found.length === 0) throw new ConfigurationError(`${origin} holds no identity; it should have a line that begins with AGE-SECRET-KEY-1`);
  return found;
}

function identityOf(line: string, where: string): Identity {
  if (/^age1/.test(line)) throw new ConfigurationError(`${where} is a recipient, the public half of a key; give the line that begins with AGE-SECRET-KEY-1`);
  const found = fromBech32(line);
  if (found?.prefix !== secretPrefix || found.bytes.length !== keyLength)
    throw new ConfigurationError(
      `${where} is not an identity of age (it is not shown here): a line that begins with AGE-SECRET-KEY-1, as "sauvegarde key new" or age-keygen writes it`,
    );
  return identityFrom(createPrivateKey({ key: Buffer.concat([pkcs8, found.bytes]), format: 'der', type: 'pkcs8' }));
}

function identityFrom(key: KeyObject): Identity {
  const bytes = bytesOf(createPublicKey(key));
  return { key, recipient: { name: toBech32('age', bytes), bytes } };
}

/** Makes a new key. `secret` is the line of its identity. */
export function newKey(): { secret: string; recipient: string } {
  const { privateKey } = generateKeyPairSync('x25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { secret: toBech32(secretPrefix, der.subarray(-keyLength)).toUpperCase(), recipient: identityFrom(privateKey).recipient.name };
}

/** Makes a key of Node from the 32 bytes of a public one. */
export function publicKey(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spki, bytes]), format: 'der', type: 'spki' });
}

/** Returns the 32 bytes of a public key. */
export function bytesOf(key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(-keyLength);
}
