import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, rmdir, stat, statfs, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { readSizeOf } from '../bytes/blocks.ts';
import { hexadecimal } from '../bytes/meter.ts';
import { storageError } from '../bytes/storage-error.ts';
import type { Keys } from '../encryption/keys.ts';
import { ConfigurationError, ObjectExistsError, ObjectMissingError, StorageRefusedError } from '../errors.ts';
import { consume } from './consume.ts';
import { fileAt, isGone, listFolder, unlessGone } from './files.ts';
import { giveName } from './give-name.ts';
import { checkKey } from './key.ts';
import { syncFolder } from './sync-folder.ts';
import type { Listed, Vault } from './vault.ts';

const unfinished = '.unfinished';
const retired = '.retired';

/**
 * A vault in a folder (0700, files 0600). A write goes into `.unfinished/<writer>-<n>`, is synced and read back, and
 * becomes visible in one step, which fails if the key is taken. Retired objects lie under the same key in `.retired/`;
 * their modification time is the instant of retiring.
 */
export class FolderVault implements Vault {
  readonly root: string;
  keys?: Keys | undefined;
  readonly #writer: string;
  #writes = 0;

  /** Makes a vault. `writer` names the process in the names of its unfinished files. */
  constructor(root: string, writer: string) {
    this.root = root;
    this.#writer = writer;
  }

  async create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
    const target = this.#pathOf(key);
    const aside = join(this.root, unfinished, `${this.#writer}-${this.#writes++}`);
    const work = async (source: AsyncIterable<Uint8Array>) => {
      await makeFolder(dirname(target));
      await makeFolder(dirname(aside));
      if ((await fileAt(target)) || (await fileAt(join(this.root, retired, key))))
        throw new ObjectExistsError(`${key} is in the vault already, or was and is retired; keys are never used twice`);
      return this.#write(aside, target, source);
    };
    return consume(bytes, work, (error) => storageError(error, `write ${key} into the vault ${this.root}`));
  }

  async read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
    const path = this.#pathOf(key);
    try {
      const found = await unlessGone(stat(path));
      if (found?.isFile()) return { size: found.size, bytes: bytesOf(path, key, found.size) };
    } catch (error) {
      throw storageError(error, `read ${key}`);
    }
    throw missing(key);
  }

  async list(prefix: string): Promise<Listed[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '') this.#pathOf(folder.slice(0, -1));
    const found = await listFolder(join(this.root, folder), folder);
    return found.filter(({ key }) => key.startsWith(prefix));
  }

  async retire(key: string): Promise<void> {
    const from = this.#pathOf(key);
    const first = join(this.root, retired, key);
    const [visible, hidden] = await Promise.all([fileAt(from), fileAt(first)]);
    if (!visible) return;
    const now = new Date();
    const to = hidden && hidden.ino !== visible.ino ? `${first}.later-${now.getTime()}` : first; // what was put there since replaces nothing
    try {
      await makeFolder(dirname(to));
      await unlessGone(utimes(from, now, now).then(() => rename(from, to)));
      await syncFolder(dirname(to));
      await syncFolder(dirname(from));
    } catch (error) {
      throw storageError(error, `retire ${key}`);
    }
  }

  async bringBack(key: string): Promise<void> {
    const to = this.#pathOf(key);
    const from = join(this.root, retired, key);
    const [visible, hidden] = await Promise.all([fileAt(to), fileAt(from)]);
    if (visible && hidden && visible.ino !== hidden.ino)
      throw new ObjectExistsError(`another file lies at ${to} than the one that was retired, which is ${from}. Move it away, and repeat`);
    if (visible) return;
    if (!hidden) throw new ObjectMissingError(`the vault holds no retired ${key}; it was never there, or its days of grace are over`);
    try {
      await makeFolder(dirname(to));
      await makeVisible(from, to);
      await syncFolder(dirname(to));
      await rm(from, { force: true });
    } catch (error) {
      if (error instanceof ObjectExistsError) return; // another process has brought it back
      throw storageError(error, `bring back ${key}`);
    }
  }

  async clean(before: { retired: Date; unfinished: Date }, { dryRun = false }: { dryRun?: boolean } = {}): Promise<number> {
    const old = (found: Listed[], limit: Date) => found.filter(({ at }) => at < limit);
    const over = [
      ...old(await listFolder(join(this.root, retired), `${retired}/`), before.retired),
      ...old(await listFolder(join(this.root, unfinished), `${unfinished}/`), before.unfinished),
    ];
    if (dryRun) return over.length;
    try {
      for (const { key } of over) await rm(join(this.root, key), { force: true });
    } catch (error) {
      throw storageError(error, `clean the vault ${this.root}`);
    }
    return over.length;
  }

  get place(): string {
    return this.root;
  }

  locate(key: string): string {
    return join(this.root, key);
  }

  /** Returns the free bytes of its disk; undefined if there is no such folder, which is found out elsewhere. */
  async free(): Promise<number | undefined> {
    try {
      const { bavail, bsize } = await statfs(this.root);
      return bavail * bsize;
    } catch {
      return undefined;
    }
  }

  /** Performs a whole write and leaves nothing, no folder that it had to make either. Throws the errors of a write. */
  async probe(): Promise<string[]> {
    const key = `probe-${this.#writer}`;
    const folder = join(this.root, unfinished);
    let first: string | undefined;
    try {
      first = await mkdir(folder, { recursive: true, mode: 0o700 });
      await this.create(key, probeBytes());
      await rm(join(this.root, key));
      return [`${this.root} can be written`];
    } catch (error) {
      throw storageError(error, `write into the vault ${this.root}`);
    } finally {
      if (first !== undefined) for (let made = folder; made.length >= first.length; made = dirname(made)) await removeIfEmpty(made);
    }
  }

  /** Removes an object that is no backup, such as a refuted dump, for good. */
  async discard(key: string): Promise<void> {
    try {
      await rm(this.#pathOf(key), { force: true });
    } catch (error) {
      throw storageError(error, `remove ${key}`);
    }
  }

  /** Removes the unfinished files of a process that is gone. */
  async discardUnfinished(writer: string): Promise<number> {
    const all = await listFolder(join(this.root, unfinished), '');
    const left = all.filter(({ key }) => key.startsWith(`${writer}-`) && /^\d+$/.test(key.slice(writer.length + 1)));
    try {
      for (const { key } of left) await rm(join(this.root, unfinished, key), { force: true });
    } catch (error) {
      throw storageError(error, `remove what ${writer} left unfinished in the vault ${this.root}`);
    }
    return left.length;
  }

  async #write(aside: string, target: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
    const file = await open(aside, 'wx+', 0o600);
    try {
      const written = await writeAll(file, bytes);
      await file.sync();
      const stored = await readBack(file, written.size);
      if (stored.size !== written.size || stored.crc32 !== written.crc32) {
        throw new StorageRefusedError(`the vault's disk returned other bytes than were written to ${target}; check the disk that holds ${this.root}`);
      }
      await makeVisible(aside, target);
      await syncFolder(dirname(target));
      return stored;
    } finally {
      await file.close();
      await rm(aside, { force: true });
    }
  }

  #pathOf(key: string): string {
    checkKey(key);
    return join(this.root, key);
  }
}

/**
 * Makes a folder and those above it, and syncs their names. Otherwise a power cut could take a new folder with
 * everything in it.
 */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Removes a folder, unless another process has put something into it or has removed it. */
async function removeIfEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw storageError(error, `remove ${path}`);
  }
}

/** Gives a file its name in the vault. */
async function makeVisible(from: string, to: string): Promise<void> {
  try {
    if (await giveName(from, to)) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    throw new ConfigurationError(`${dirname(to)} lies on another file system than ${dirname(from)} (EXDEV); a vault must lie on one`, { cause: error });
  }
  throw new ObjectExistsError(`${to} is already in the vault; keys are never overwritten`);
}

/** Opens the file when the first byte is asked for, so that nothing stays open if none is. */
async function* bytesOf(path: string, key: string, size: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: readSizeOf(size) }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (isGone(error)) throw missing(key, error);
    throw storageError(error, `read ${key}`);
  }
}

function missing(key: string, cause?: unknown): ObjectMissingError {
  return new ObjectMissingError(`the vault holds no ${key}`, { cause });
}

async function* probeBytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('sauvegarde was here');
}

async function writeAll(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
  let size = 0;
  let crc = 0;
  for await (const chunk of bytes) {
    crc = crc32(chunk, crc);
    for (let done = 0; done < chunk.byteLength; ) done += (await file.write(chunk, done)).bytesWritten;
    size += chunk.byteLength;
  }
  return { size, crc32: hexadecimal(crc) };
}

/** Reads what lies on the disk, where `expected` bytes should be. */
async function readBack(file: FileHandle, expected: number): Promise<{ size: number; crc32: string }> {
  const window = Buffer.allocUnsafe(readSizeOf(expected));
  let size = 0;
  let crc = 0;
  while (true) {
    const { bytesRead } = await file.read(window, 0, window.byteLength, size);
    if (bytesRead === 0) return { size, crc32: hexadecimal(crc) };
    crc = crc32(window.subarray(0, bytesRead), crc);
    size += bytesRead;
  }
}
