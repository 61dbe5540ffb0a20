import { expect, it } from 'vitest';
import { sharedText, withSharedText } from '../../../../../core/engines/postgres/connect/text-of-all-databases.ts';

/** An answer as the server makes it of `sharedText`: a text in JSON, with these bytes in the midst of it. */
function answer(encoding: string, bytes: Buffer): string {
  const [, mark = ''] = /'([0-9a-f-]{36}):'/.exec(sharedText('rolname')) ?? [];
  return `{"role":"the role ${mark}:${encoding}:${bytes.toString('hex')}; and more"}`;
}

it.each([
  ['its own encoding', 'EUC_JP', Buffer.from('b4c1', 'hex'), '漢'],
  ['UTF-8, where its own gives no character to a byte', 'WIN1252', Buffer.from('Á'), 'Á'],
  ['UTF-8 with a control character', 'UTF8', Buffer.from('a\u0085b'), 'a\u0085b'],
  ['bytes that are neither', 'UTF8', Buffer.from('rów', 'latin1'), 'rów'],
  ['what JSON escapes', 'LATIN1', Buffer.from('"\\\n'), '"\\\n'],
  ['nothing', 'UTF8', Buffer.alloc(0), ''],
])('a text that all databases share is read as %s', (_, encoding, bytes, expected) => {
  expect(JSON.parse(withSharedText(answer(encoding, bytes)))).toEqual({ role: `the role ${expected} and more` });
});

it('a name that looks like such a text to somebody who does not know the mark is left alone', () => {
  const name = JSON.stringify({ name: '00000000-0000-0000-0000-000000000000:UTF8:41;' });
  expect(withSharedText(name)).toBe(name);
});
