import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { RecipeError, TamperedError } from './errors.ts';

/** Where Debian's package debian-archive-keyring puts the keys; trixie and later have both names. */
const keyrings = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'];

/** How a program ended, and what it wrote. */
interface Ending {
  status: number | null;
  out: string;
  err: string;
}

interface Verifier {
  program: string;
  /** Arguments that verify the file `message` and write its signed part into the file `signed`. */
  words(keyring: string, message: string, signed: string): string[];
  isGood(ending: Ending): boolean;
}

/**
 * The programs that verify, as apt lets them: it uses gpgv up to bookworm and sqv since trixie, so one of them is on
 * every Debian. Both may write what is not signed too.
 */
const verifiers: readonly Verifier[] = [
  {
    program: 'gpgv',
    words: (keyring, message, signed) => ['--status-fd', '1', '--keyring', keyring, '--output', signed, message],
    // its status is not 0 when one of several keys is unknown
    isGood: ({ out }) => /^\[GNUPG:\] GOODSIG\b/m.test(out) && !/^\[GNUPG:\] BADSIG\b/m.test(out),
  },
  {
    program: 'sqv',
    words: (keyring, message, signed) => ['--keyring', keyring, '--output', signed, '--cleartext', message],
    isGood: ({ status }) => status === 0,
  },
];

/**
 * The part of an InRelease file that Debian's archive has signed, and nothing else of it. As with apt, one good
 * signature is enough: a new key is used beside the old one for a year, and an older keyring does not know it.
 */
export async function signedPart(document: string, name: string): Promise<string> {
  const keyring = keyrings.find((each) => existsSync(each));
  if (keyring === undefined) throw new RecipeError(`the keys of Debian's archive are not on this machine (${keyrings[0]}): install debian-archive-keyring`);
  const folder = await mkdtemp(join(tmpdir(), 'sauvegarde-signature-'));
  try {
    const [message, signed] = [join(folder, 'message'), join(folder, 'signed')];
    await writeFile(message, document);
    for (const { program, words, isGood } of verifiers) {
      const ending = await endingOf(program, words(keyring, message, signed));
      if (ending === undefined) continue;
      const part = isGood(ending) ? await readFile(signed, 'utf8') : '';
      if (part !== '') return part;
      throw new TamperedError(`${name} is not signed by Debian's archive: ${program} ended with ${ending.status} and said ${said(ending)}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  throw new RecipeError("gpgv or sqv is needed to check the signature of Debian's archive: install gpgv");
}

/** Runs a program to its end; undefined if it is not on this machine. */
async function endingOf(program: string, words: string[]): Promise<Ending | undefined> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  try {
    const [status, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { status, out, err };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The verdicts of gpgv, or the words of sqv. */
function said({ out, err }: Ending): string {
  const states = [...out.matchAll(/^\[GNUPG:\] (GOODSIG|BADSIG|ERRSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|NODATA)\b/gm)].map(([, state = '']) => state);
  return states.join(', ') || err.trim().replace(/\s+/g, ' ') || 'nothing';
}
