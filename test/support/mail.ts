import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalPlatform } from '../../local/open-platform.ts';

/** Reads the mails in a platform's outbox, headers and quoted-printable text decoded, in the order of their names. */
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

/** Decodes a mail: its headers, unfolded, and its text, as a person reads them. */
export function decoded(mail: string): string {
  const end = mail.indexOf('\r\n\r\n');
  const headers = mail.slice(0, end).replace(/\r\n[ \t]+/g, ' ');
  const words = headers
    .replace(/\?= =\?UTF-8\?Q\?/gi, '') // one text in several words
    .replace(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_, text: string) => bytesOf(text.replaceAll('_', ' ')))
    .replace(/=\?UTF-8\?B\?(.*?)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString('utf8'));
  const body = mail.slice(end + 4);
  const [plain = body] = partsOf(headers, body);
  return `${words}\r\n\r\n${plain}`.replaceAll('\r\n', '\n');
}

/** Decodes the HTML of a mail that has some. */
export function htmlIn(mail: string): string | undefined {
  const end = mail.indexOf('\r\n\r\n');
  return partsOf(mail.slice(0, end).replace(/\r\n[ \t]+/g, ' '), mail.slice(end + 4))[1];
}

/** Decodes the parts of a body, the plain text first; a body that is not in parts is one. */
function partsOf(headers: string, body: string): string[] {
  const boundary = /^content-type: multipart\/alternative;.*boundary="([^"]+)"/im.exec(headers)?.[1];
  if (boundary === undefined) return [bodyOf(headers, body)];
  const parts = body.split(`--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const end = part.indexOf('\r\n\r\n');
    return bodyOf(part.slice(0, end).replace(/\r\n[ \t]+/g, ' '), part.slice(end + 4).replace(/\r\n$/, ''));
  });
}

function bodyOf(headers: string, body: string): string {
  const encoding = /^content-transfer-encoding: (.*)$/im.exec(headers)?.[1]?.trim();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? bytesOf(body.replace(/=\r\n/g, '')) : body;
}

/** Decodes quoted-printable text. */
function bytesOf(text: string): string {
  return Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
}
