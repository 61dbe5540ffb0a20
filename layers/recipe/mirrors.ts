import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MirrorUnreachableError } from './errors.ts';

/** One mirror of Debian's archive that apt is told of. */
interface Source {
  address: string;
  suites: string[];
  components: string[];
}

/**
 * The suites that Debian's own archive carries. An entry for one of them is how a mirror of the archive is told from
 * other repositories; `bookworm-security` and the like are other archives, which carry no other suite.
 */
const archiveSuites = /^(bullseye|bookworm|trixie|forky|duke|sid|(old)*stable|testing|unstable)(-updates|-backports|-proposed-updates)?$/;

/**
 * Addresses of Debian's archive, best first: those in `SAUVEGARDE_DEB_MIRRORS` (separated by spaces or commas), or
 * those that this machine's apt uses. A mirror has every suite, so one that apt reads bookworm from serves sid as well.
 */
export function debianMirrors({ environment = process.env, etc = '/etc/apt' }: { environment?: NodeJS.ProcessEnv; etc?: string } = {}): string[] {
  const chosen = (environment.SAUVEGARDE_DEB_MIRRORS ?? '').split(/[\s,]+/).filter((word) => word !== '');
  const wrong = chosen.find((word) => !isWebAddress(word));
  if (wrong !== undefined) throw new MirrorUnreachableError(`SAUVEGARDE_DEB_MIRRORS must hold http or https addresses; it holds ${JSON.stringify(wrong)}`);
  const found = chosen.length > 0 ? chosen : sourcesOf(etc).flatMap(({ address }) => addressesOf(address));
  const mirrors = [...new Set(found.map((address) => address.replace(/\/+$/, '')))];
  if (mirrors.length === 0)
    throw new MirrorUnreachableError(
      `no mirror of Debian's archive is known: ${etc} names none. Set SAUVEGARDE_DEB_MIRRORS to the address of one (the part before /dists)`,
    );
  return mirrors;
}

function sourcesOf(etc: string): Source[] {
  const folder = join(etc, 'sources.list.d');
  const parts = namesIn(folder).map((name) => join(folder, name));
  const all = [...oneLine(read(join(etc, 'sources.list'))), ...parts.flatMap((part) => (part.endsWith('.sources') ? deb822(read(part)) : oneLine(read(part))))];
  return all.filter(({ suites, components }) => components.includes('main') && suites.some((suite) => archiveSuites.test(suite)));
}

/** `deb [options] address suite component …` */
function oneLine(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const [, address, suite, components] = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line) ?? [];
    return address && suite && components !== undefined ? [{ address, suites: [suite], components: components.split(/\s+/) }] : [];
  });
}

/** Paragraphs of `Field: value`, where a line that starts with a space continues the value. */
function deb822(text: string): Source[] {
  const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  return paragraphs.flatMap((paragraph) => {
    const words = (field: string) =>
      (new RegExp(`^${field}:((?:.*\n?)(?:[ \t].*\n?)*)`, 'im').exec(paragraph)?.[1] ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('Types').includes('deb') || ['no', 'false', '0', 'off'].includes(words('Enabled')[0] ?? '')) return [];
    return words('URIs').map((address) => ({ address, suites: words('Suites'), components: words('Components') }));
  });
}

/**
 * A list of mirrors kept in a file of its own (`mirror+file:`, as cloud images have it) is read; apt's other methods
 * are not ours.
 */
function addressesOf(address: string): string[] {
  if (isWebAddress(address)) return [address];
  const [, file] = /^mirror\+file:(?:\/\/)?(\/.*)$/.exec(address) ?? [];
  if (file === undefined) return [];
  return read(file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter(isWebAddress);
}

function isWebAddress(word: string): boolean {
  return /^https?:\/\/[^/]/.test(word) && URL.canParse(word);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.(list|sources)$/.test(name))
      .sort();
  } catch (error) {
    return missing(error, []);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return missing(error, '');
  }
}

/**
 * A source list that is not there names no mirror; one that may not be read is none of ours either, as it is not apt's
 * for this user.
 */
function missing<T>(error: unknown, instead: T): T {
  if (['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return instead;
  throw error;
}
