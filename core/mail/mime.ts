import { randomUUID } from 'node:crypto';
import type { Message } from './mailer.ts';

/**
 * Longest encoded word and longest encoded line, in characters. RFC 2047 allows a word 75; RFC 2045 allows a line 76
 * with its soft break.
 */
const [longestWord, longestLine] = [75, 75];

/** Writes the message as RFC 5322 bytes, in ASCII alone. A subject is one line, whatever it holds. */
export function mime({ from, to, subject, text }: Message): Buffer {
  const headers = [
    `From: ${address(from)}`,
    `To: ${to.map(address).join(',\r\n ')}`,
    `Subject: ${headerText(subject.replace(/[\s\p{Cc}]+/gu, ' '))}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${randomUUID()}@${address(from).replace(/.*@/, '')}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
  ];
  return Buffer.from(`${headers.join('\r\n')}\r\n\r\n${text.split(/\r?\n/).map(quotedPrintable).join('\r\n')}`, 'ascii');
}

/** Removes white space and control characters, which no address holds: a line feed would begin a header of its own. */
function address(text: string): string {
  return text.replace(/[^!-~]+/g, '');
}

/** Returns a header's text as it is, if it fits; otherwise in encoded words of whole characters, one a line. */
function headerText(text: string): string {
  if (/^[ -~]{1,60}$/.test(text) && !text.includes('=?')) return text;
  const [begin, end] = ['=?UTF-8?Q?', '?='];
  const pieces = Array.from(text, (character) => (character === ' ' ? '_' : /[A-Za-z0-9]/.test(character) ? character : escaped(character)));
  return gathered(pieces, longestWord - begin.length - end.length)
    .map((word) => `${begin}${word}${end}`)
    .join('\r\n ');
}

/** Encodes one line of a text, including white space at its end, which would be lost on the way. */
function quotedPrintable(line: string): string {
  const pieces = Array.from(line, (character, at) =>
    /[!-<>-~]/.test(character) || (/[ \t]/.test(character) && at < line.length - 1) ? character : escaped(character),
  );
  return gathered(pieces, longestLine).join('=\r\n');
}

function escaped(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** Joins the pieces in order, as many together as fit. */
function gathered(pieces: string[], longest: number): string[] {
  const together = [''];
  for (const piece of pieces) {
    const last = together.length - 1;
    if ((together[last] ?? '').length + piece.length <= longest) together[last] += piece;
    else together.push(piece);
  }
  return together;
}
