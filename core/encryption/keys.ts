import { KeyMissingError } from '../errors.ts';
import { decrypt, type Encrypted, encrypt } from './age.ts';
import type { Identity, Recipient } from './age-keys.ts';

/** Keys of a vault. */
export interface Keys {
  /** Recipients of whatever is stored from now on; none if it is not encrypted. */
  recipients: readonly Recipient[];
  /**
   * Resolves the identities that open what is stored; missing if none is known here. Throws ConfigurationError if they
   * cannot be had or understood, SecretUnavailableError if retrying may help.
   */
  identities?: (() => Promise<readonly Identity[]>) | undefined;
}

/** Names the recipients of what is stored from now on; undefined if it is not encrypted. */
export function encryptionOf(keys: Keys | undefined): { format: 'age'; recipients: string[] } | undefined {
  const recipients = keys?.recipients.map(({ name }) => name) ?? [];
  return recipients.length > 0 ? { format: 'age', recipients } : undefined;
}

/** Encrypts for the keys' recipients; passes the bytes on if there are none. */
export function closed(keys: Keys | undefined, bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return encryptionOf(keys) && keys ? encrypt(bytes, keys.recipients) : bytes;
}

/** Decrypts, as `decrypt` does. Throws KeyMissingError if no identity is known here. */
export async function* opened(keys: Keys | undefined, bytes: AsyncIterable<Uint8Array>, file: Encrypted): AsyncGenerator<Uint8Array> {
  const identities = await keys?.identities?.();
  if (!identities)
    throw new KeyMissingError(`${file.key} is encrypted for ${file.recipients?.join(' and ') ?? 'recipients of age'}, and no identity is known here`);
  yield* decrypt(bytes, identities, file);
}
