import * as z from 'zod';
import { closed, encryptionOf, type Keys, opened } from '../encryption/keys.ts';
import { ChecksumError } from '../errors.ts';
import { jsonIn, understood, writeDocument } from './document.ts';
import { encryptionSchema } from './stored-object.ts';

/** A document whose content is encrypted: an age file as text, whose bytes are the document as it would be without. */
const sealedSchema = z.object({ version: z.literal(2), encryption: encryptionSchema, sealed: z.string() });

const [begin, end] = ['-----BEGIN AGE ENCRYPTED FILE-----', '-----END AGE ENCRYPTED FILE-----'];
/** Length of a line (RFC 7468, to which age's armor keeps). */
const columns = /.{1,64}/g;

/**
 * Encrypts a document for the recipients of a vault, and leaves what `outline` has readable. Returns it as it is if
 * there are none.
 */
export async function seal(keys: Keys | undefined, document: Uint8Array, outline: { format: string; [name: string]: unknown }): Promise<Uint8Array> {
  const encryption = encryptionOf(keys);
  if (!encryption) return document;
  const { format, ...readable } = outline;
  const lines = (await gathered(closed(keys, once(document)))).toString('base64').match(columns) ?? [];
  return writeDocument({ format, version: 2, ...readable, encryption, sealed: `${[begin, ...lines, end].join('\n')}\n` });
}

/** Returns the content of a document, decrypted if it is sealed. Throws KeyMissingError, ChecksumError. */
export async function unsealed(keys: Keys | undefined, content: unknown, key: string): Promise<unknown> {
  if (!isSealed(content)) return content;
  const { encryption, sealed } = understood(sealedSchema, content, key);
  const text = sealed.trim();
  if (!text.startsWith(begin) || !text.endsWith(end)) throw new ChecksumError(`${key} was cut: what is sealed in it has no end`);
  const bytes = Buffer.from(text.slice(begin.length, -end.length), 'base64');
  return jsonIn(await gathered(opened(keys, once(bytes), { key, ...encryption })), key);
}

function isSealed(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'sealed' in content;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function gathered(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
