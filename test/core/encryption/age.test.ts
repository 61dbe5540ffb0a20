import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from '../../../core/encryption/age.ts';
import { type Identity, identitiesIn, newKey, recipientOf } from '../../../core/encryption/age-keys.ts';
import { closed, opened } from '../../../core/encryption/keys.ts';
import { gathered, inPieces, noise, streamOf } from '../../support/streams.ts';

/** Lengths around one sealed piece of 64 KiB, and around several. */
const lengths = [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 400_000];
const [one, two] = [keyPair(), keyPair()];

function keyPair() {
  const { secret, recipient } = newKey();
  return { secret, recipient: recipientOf(recipient), identities: identitiesIn(secret, 'key.txt') };
}

const file = (...recipients: string[]) => ({ key: 'main/dump.age', recipients });
const encrypted = (bytes: Buffer, chunk = 50_000) => gathered(encrypt(streamOf(inPieces(bytes, chunk)), [one.recipient, two.recipient]));
const decrypted = (bytes: Buffer, identities: readonly Identity[], chunk = 30_011) =>
  gathered(decrypt(streamOf(inPieces(bytes, chunk)), identities, file(one.recipient.name)));

async function byLibrary(bytes: Uint8Array, secret: string): Promise<Buffer> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(secret);
  return Buffer.from(await decrypter.decrypt(bytes));
}

describe('a file of age', () => {
  it.each(lengths)('of %i bytes opens for each recipient, here and by another implementation', async (length) => {
    const content = noise(length);
    const bytes = await encrypted(content);
    for (const { identities, secret } of [one, two]) {
      expect((await decrypted(bytes, identities)).equals(content)).toBe(true);
      expect((await byLibrary(bytes, secret)).equals(content)).toBe(true);
    }
  });

  it.each(lengths)('of %i bytes that another implementation wrote opens here', async (length) => {
    const secret = await generateX25519Identity();
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(secret));
    encrypter.addRecipient(one.recipient.name);
    const content = noise(length);
    const bytes = Buffer.from(await encrypter.encrypt(new Uint8Array(content)));
    for (const chunk of [1 + length, 77])
      if (length < 100 || chunk > 77) expect((await decrypted(bytes, identitiesIn(secret, 'x'), chunk)).equals(content)).toBe(true);
  });

  it('never has the same bytes twice, and holds nothing of its content', async () => {
    const content = Buffer.from('a table of secrets'.repeat(10_000));
    const [first, second] = [await encrypted(content), await encrypted(content)];
    expect(first.equals(second)).toBe(false);
    expect(first.includes('a table of secrets')).toBe(false);
  });

  it('passes on in bounded memory: pieces come as soon as they are whole', async () => {
    let given = 0;
    const source = async function* () {
      for (; given < 20; given++) yield noise(65_536);
    };
    for await (const _ of encrypt(source(), [one.recipient])) if (given > 3) break;
    expect(given).toBeLessThan(6);
  });

  it.each([65_536, 400_000])('of %i bytes that was cut anywhere yields no end', async (length) => {
    const bytes = await encrypted(noise(length));
    const ends = [0, 10, 300, bytes.length - 1, bytes.length - 16, bytes.length - 17, bytes.length - 65_552];
    for (const end of ends)
      await expect(decrypted(bytes.subarray(0, end), one.identities), `cut at ${end}`).rejects.toMatchObject({
        name: 'ChecksumError',
        message: expect.stringMatching(/^main\/dump\.age .*(cut|not a file of age|not a whole file|end is missing)/),
      });
  });

  it('that lacks exactly its last piece is told as cut', async () => {
    const bytes = await encrypted(noise(131_072));
    await expect(decrypted(bytes.subarray(0, -65_552), one.identities)).rejects.toMatchObject({ message: 'main/dump.age was cut: its last part is missing' });
  });

  it('of which one bit was changed anywhere yields no end', async () => {
    const bytes = await encrypted(noise(100_000));
    const header = bytes.indexOf('\n---') + 49;
    for (const at of [3, 40, 150, header - 5, header + 3, header + 20, bytes.length - 70_000, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      await expect(decrypted(changed, one.identities), `at ${at}`).rejects.toMatchObject({ name: 'ChecksumError' });
    }
  });

  it.each([
    ['text', Buffer.from('no age file at all, but long enough to be one'.repeat(10))],
    ['an endless header', Buffer.concat([Buffer.from('age-encryption.org/v1\n'), Buffer.alloc(100_000, 'a')])],
  ])('is not %s', async (_, bytes) => {
    await expect(decrypted(bytes, one.identities)).rejects.toMatchObject({ name: 'ChecksumError', message: 'main/dump.age is not a file of age' });
  });

  it('does not open with another key, and says whose it is and whose was given', async () => {
    const stranger = keyPair();
    await expect(decrypted(await encrypted(noise(10)), stranger.identities)).rejects.toMatchObject({
      name: 'KeyMissingError',
      message: expect.stringMatching(new RegExp(`is encrypted for ${one.recipient.name}, .* that of ${stranger.recipient.name}`)),
    });
  });

  it('does not open where no identity is known, and is not made where nobody is to open it', async () => {
    const bytes = await gathered(closed({ recipients: [] }, streamOf([noise(10)])));
    expect(bytes.equals(noise(10))).toBe(true);
    await expect(gathered(opened({ recipients: [] }, streamOf([]), file('age1a', 'age1b')))).rejects.toMatchObject({
      name: 'KeyMissingError',
      message: 'main/dump.age is encrypted for age1a and age1b, and no identity is known here',
    });
  });

  it('hands on the error of its source', async () => {
    const failing = async function* () {
      yield noise(10);
      throw new Error('the tool failed');
    };
    await expect(gathered(encrypt(failing(), [one.recipient]))).rejects.toThrow('the tool failed');
  });
});

describe('a key', () => {
  it('is named as another implementation names it', async () => {
    const { secret, recipient } = newKey();
    expect(await identityToRecipient(secret)).toBe(recipient);
    expect(recipientOf(recipient).name).toBe(recipient);
  });

  it('is read from a file of age-keygen, with comments, other keys and empty lines', () => {
    const text = `# created: 2026-11-22T05:00:00Z\r\n# public key: ${one.recipient.name}\r\n${one.secret}\r\n\n${two.secret}\n`;
    expect(identitiesIn(text, 'key.txt').map(({ recipient }) => recipient.name)).toEqual([one.recipient.name, two.recipient.name]);
  });

  it.each([
    ['nothing', '', /key\.txt holds no identity/],
    ['comments alone', '# public key: age1…\n', /key\.txt holds no identity/],
    ['a recipient', one.recipient.name, /line 1 of key\.txt is a recipient, the public half/],
    ['an altered key', one.secret.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q')), /line 1 of key\.txt is not an identity of age/],
    ['half a key', one.secret.slice(0, 40), /line 1 of key\.txt is not an identity/],
    ['an encrypted file', 'age-encryption.org/v1\n-> scrypt', /key\.txt is itself encrypted; open it first: age -d/],
    ['a private key of SSH', '-----BEGIN OPENSSH PRIVATE KEY-----', /line 1 of key\.txt is not an identity/],
  ])('is not %s, and no error quotes it', (_, text, message) => {
    expect(() => identitiesIn(text, 'key.txt')).toThrowError(expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(message) }));
    expect(() => identitiesIn(text, 'key.txt')).not.toThrowError(/SECRET-KEY-1[A-Z0-9]/);
  });
});
