import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { free } from '../../../bytes/blocks.ts';
import type { Launch } from '../../../programs/launch.ts';
import type { ScratchHome } from './home.ts';
import { pack } from './packed-folder.ts';
import { Watchdog } from './watchdog.ts';

/** Everything that a data directory depends on. If one of these differs, the template is another one. */
export interface Making {
  /** Begins the template's name. */
  name: string;
  /** The programs that make the directory and that serve it. */
  programs: readonly Launch[];
  /** Options that the directory is made with, but for its path. */
  settings: readonly string[];
}

const day = 24 * 3600_000;
/** Time after which an unused template is removed: as long as the programs stay in their cache. */
const unusedMilliseconds = 40 * day;
/** Time after which an unfinished template is removed: a machine lost its power. A watchdog cleans up after a kill. */
const abandonedMilliseconds = day;

/**
 * A new data directory in one compressed file of some MB, for all later servers that begin like it. The reason for one
 * file is in `docs/decisions/0019-data-directories-are-copied.md`.
 *
 * It lies in a folder that only this user may enter. Folder and file are checked before use, so nobody else can plant
 * one. It appears in one step, and its bytes carry checksums. It holds no secret, for a scratch server has none: access
 * is by the folder of its socket. Copies share the identity by which replicas know a server (a system identifier or
 * uuid); a scratch server replicates nothing.
 */
export class Template {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Returns the template of such a directory, made already or not. Undefined if none can be kept: without a folder for
   * templates, or if that cannot be written or is not ours alone.
   */
  static async in(folder: string | undefined, { name, programs, settings }: Making): Promise<Template | undefined> {
    const own = folder === undefined ? undefined : await privateFolder(folder);
    if (own === undefined) return undefined;
    const key = createHash('sha256').update(JSON.stringify([settings, await Promise.all(programs.map(identityOf))]));
    return new Template(join(own, `${name}-${key.digest('hex').slice(0, 32)}`));
  }

  /** Copies it to a server's data directory. Returns false and leaves nothing if the template is missing or damaged. */
  async fill(home: ScratchHome): Promise<boolean> {
    try {
      await using file = await open(this.#file, constants.O_RDONLY | constants.O_NOFOLLOW);
      if (!isOurs(await file.stat())) throw new SyntaxError('somebody else can write a template');
      const packed = await file.readFile();
      await home.fillData(packed);
      free(packed);
      await file.utimes(new Date(), new Date()); // it is in use
      return true;
    } catch (error) {
      await home.removeData();
      // a damaged one is made again; a disk that is full, or a file that is not there, says nothing about it
      if (!isFromSystem(error)) await this.forget();
      return false;
    }
  }

  /**
   * Keeps a data directory that was just made and that no server has touched. If the disk does not take it, the next
   * one is made as this one was.
   */
  async keep(data: string): Promise<void> {
    const partial = join(dirname(this.#file), `.${randomUUID()}`);
    await using _ = new Watchdog([partial]);
    try {
      await writeFile(partial, pack(data), { mode: 0o600, flag: 'wx' });
      await rename(partial, this.#file); // two at once: either is as good
      await removeUnused(dirname(this.#file));
    } catch (error) {
      if (!isFromSystem(error)) throw error;
    }
  }

  /** Removes it, so that the next directory is made anew: a server did not start on a copy. */
  async forget(): Promise<void> {
    await rm(this.#file, { recursive: true, force: true });
  }
}

/** Returns the folder of this user's templates, in a folder that others may use too. */
async function privateFolder(folder: string): Promise<string | undefined> {
  const own = join(folder, `scratch-servers-${process.getuid?.() ?? 0}`);
  try {
    await mkdir(own, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const found = await lstat(own); // a link is followed by nobody
    return found.isDirectory() && isOurs(found) ? own : undefined;
  } catch (error) {
    if (!isFromSystem(error)) throw error;
    return undefined;
  }
}

function isOurs({ uid, mode }: { uid: number; mode: number }): boolean {
  return uid === (process.getuid?.() ?? 0) && (mode & 0o077) === 0;
}

/** Returns a value that changes with the program, its libraries and the files in its arguments. */
async function identityOf({ command, args, env, links, input = '' }: Launch): Promise<unknown> {
  const words = [command, ...args, ...Object.values(env), ...Object.values(links), input].flatMap((word) => word.split(/[:=]/));
  const files = words.filter(isAbsolute).map(async (path) => {
    const { dev, ino, size, mtimeMs } = await stat(path).catch(() => ({ dev: 0, ino: 0, size: 0, mtimeMs: 0 })); // no file: whoever needs it will say so
    return [path, dev, ino, size, mtimeMs];
  });
  return [command, args, env, links, input, await Promise.all(files)];
}

async function removeUnused(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY })); // another process has just removed it
    if (Date.now() - mtimeMs > (name.startsWith('.') ? abandonedMilliseconds : unusedMilliseconds)) await rm(path, { recursive: true, force: true });
  }
}

/** Tells refusals of the operating system from zlib's errors, which have a number too. */
function isFromSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
