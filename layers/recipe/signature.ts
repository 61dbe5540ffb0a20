import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { RecipeError, TamperedError } from './errors.ts';

/** Where Debian's package debian-archive-keyring puts the keys; trixie and later have both names. */
const keyrings = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'];

/**
 * The part of an InRelease file that Debian's archive has signed, and nothing else of it. As with apt, one good signature is enough (a new key is used beside the old one for a year,
 * and an older keyring does not know it), and a bad one spoils all.
 */
export async function signedPart(document: string, name: string): Promise<string> {
  const keyring = keyrings.find((each) => existsSync(each));
  if (keyring === undefined) throw new RecipeError(`the keys of Debian's archive are not on this machine (${keyrings[0]}): install debian-archive-keyring`);
  const { signed, states, status } = await gpgv(keyring, document);
  if (states.includes('GOODSIG') && !states.includes('BADSIG') && signed !== '') return signed;
  throw new TamperedError(`${name} is not signed by Debian's archive: gpgv ended with ${status} and said ${states.join(', ') || 'nothing'}`);
}

async function gpgv(keyring: string, document: string): Promise<{ signed: string; states: string[]; status: number | null }> {
  // 3: where gpgv tells machines what it found
  const child = spawn('gpgv', ['--status-fd', '3', '--keyring', keyring, '--output', '-', '-'], { stdio: ['pipe', 'pipe', 'ignore', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  ended.catch(() => undefined); // thrown below
  const [stdin, stdout, , report] = child.stdio as [Writable, Readable, null, Readable, null];
  stdin.on('error', () => undefined); // it may end before it has read all; then its status says why
  stdin.end(document);
  try {
    const [signed, found, status] = await Promise.all([text(stdout), text(report), ended]);
    return {
      signed,
      states: [...found.matchAll(/^\[GNUPG:\] (GOODSIG|BADSIG|ERRSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|NODATA)\b/gm)].map(([, state = '']) => state),
      status,
    };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new RecipeError("gpgv is needed to check the signature of Debian's archive: install gpgv", { cause });
  }
}
