import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalPlatform } from '../../local/platform.ts';

/** The mails in a platform's outbox, headers and quoted-printable text decoded, in the order of their names. */
export function mailsOf({ state }: Pick<LocalPlatform, 'state'>): string[] {
  const folder = join(state, 'outbox');
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.eml'))
      .sort()
      .map((name) => decoded(readFileSync(join(folder, name), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function decoded(mail: string): string {
  const joined = mail.replace(/=\r\n/g, '').replace(/\?=\r\n =\?/g, '?==?');
  const bytes = (text: string) =>
    Buffer.from(
      text.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString('utf8');
  const words = joined.replace(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_, text: string) => bytes(text.replaceAll('_', ' ')));
  return bytes(words).replaceAll('\r\n', '\n');
}
