import type { Dirent } from 'node:fs';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { hexadecimal } from '../bytes/meter.ts';
import { ObjectExistsError, ObjectMissingError, RefusedError, StorageRefusedError, storageError } from '../errors.ts';
import type { Listed, Vault } from './vault.ts';

const unfinished = '.unfinished';
const retired = '.retired';
const readSize = 1024 * 1024;

/**
 * A vault in a folder (0700, files 0600). A write goes aside into `.unfinished/<writer>-<n>`, is synced and read back, and becomes visible by a hard link, which fails when the key is taken.
 * Retired objects lie under the same key in `.retired/`; their modification time is the instant of retiring.
 */
export class FolderVault implements Vault {
  readonly root: string;
  readonly #writer: string;
  #writes = 0;

  /** `writer` names the process in the names of its unfinished files. */
  constructor(root: string, writer: string) {
    this.root = root;
    this.#writer = writer;
  }

  async create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
    const target = this.#pathOf(key);
    const aside = join(this.root, unfinished, `${this.#writer}-${this.#writes++}`);
    let file: FileHandle | undefined;
    try {
      await this.#makeFolder(dirname(target));
      await this.#makeFolder(dirname(aside));
      if (await exists(target)) throw new ObjectExistsError(`${key} is already in the vault; keys are never overwritten`);
      file = await open(aside, 'wx+', 0o600);
      const written = await writeAll(file, bytes);
      await file.sync();
      const stored = await readBack(file);
      if (stored.size !== written.size || stored.crc32 !== written.crc32) {
        throw new StorageRefusedError(`the vault's disk returned other bytes than were written to ${key}; check the disk that holds ${this.root}`);
      }
      await link(aside, target);
      await syncFolder(dirname(target));
      return stored;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new ObjectExistsError(`${key} is already in the vault; keys are never overwritten`, { cause: error });
      throw storageError(error, `write ${key} into the vault ${this.root}`);
    } finally {
      await file?.close();
      await rm(aside, { force: true });
    }
  }

  async read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
    const path = this.#pathOf(key);
    const found = await statOf(path, key);
    return { size: found.size, bytes: createReadStream(path, { highWaterMark: readSize }) };
  }

  async list(prefix: string): Promise<Listed[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '') this.#pathOf(folder.slice(0, -1));
    const found = await listFolder(join(this.root, folder), folder);
    return found.filter(({ key }) => key.startsWith(prefix));
  }

  async retire(key: string): Promise<void> {
    const from = this.#pathOf(key);
    const to = join(this.root, retired, key);
    if (!(await exists(from))) return;
    const now = new Date();
    try {
      await this.#makeFolder(dirname(to));
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
    if (await exists(to)) return;
    if (!(await exists(from))) throw new ObjectMissingError(`the vault holds no retired ${key}; it was never there, or its days of grace are over`);
    try {
      await this.#makeFolder(dirname(to));
      await link(from, to);
      await syncFolder(dirname(to));
      await rm(from);
    } catch (error) {
      throw storageError(error, `bring back ${key}`);
    }
  }

  async clean(before: { retired: Date; unfinished: Date }): Promise<Listed[]> {
    const old = (found: Listed[], limit: Date) => found.filter(({ at }) => at < limit);
    const over = [
      ...old(await listFolder(join(this.root, retired), `${retired}/`), before.retired),
      ...old(await listFolder(join(this.root, unfinished), `${unfinished}/`), before.unfinished),
    ];
    try {
      for (const { key } of over) await rm(join(this.root, key), { force: true });
    } catch (error) {
      throw storageError(error, `clean the vault ${this.root}`);
    }
    return over;
  }

  /** Does all that a write does, and leaves nothing. Throws what a write would throw. */
  async probe(): Promise<void> {
    const key = `probe-${this.#writer}`;
    await this.create(key, probeBytes());
    await rm(join(this.root, key));
  }

  /** Removes what a process that is gone left unfinished. */
  async discardUnfinished(writer: string): Promise<number> {
    const left = (await listFolder(join(this.root, unfinished), '')).filter(({ key }) => key.startsWith(`${writer}-`));
    for (const { key } of left) await rm(join(this.root, unfinished, key), { force: true });
    return left.length;
  }

  #pathOf(key: string): string {
    const safe = key.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(part));
    if (!safe) throw new RefusedError(`${JSON.stringify(key)} is not a key of a vault`);
    return join(this.root, key);
  }

  async #makeFolder(path: string): Promise<void> {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
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

async function readBack(file: FileHandle): Promise<{ size: number; crc32: string }> {
  const window = Buffer.allocUnsafe(readSize);
  let size = 0;
  let crc = 0;
  while (true) {
    const { bytesRead } = await file.read(window, 0, readSize, size);
    if (bytesRead === 0) return { size, crc32: hexadecimal(crc) };
    crc = crc32(window.subarray(0, bytesRead), crc);
    size += bytesRead;
  }
}

async function listFolder(folder: string, prefix: string): Promise<Listed[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // nothing was ever written
    throw storageError(error, `list ${folder}`);
  }
  const found = await Promise.all(
    entries.map(async (entry): Promise<Listed[]> => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return prefix === '' && entry.name.startsWith('.') ? [] : listFolder(path, `${prefix}${entry.name}/`);
      if (!entry.isFile()) return [];
      const found = await unlessGone(stat(path));
      return found ? [{ key: `${prefix}${entry.name}`, size: found.size, at: found.mtime }] : [];
    }),
  );
  return found.flat().sort((one, other) => (one.key < other.key ? -1 : 1));
}

async function statOf(path: string, key: string): Promise<{ size: number }> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new ObjectMissingError(`the vault holds no ${key}`, { cause: error });
    throw storageError(error, `read ${key}`);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await unlessGone(stat(path))) !== undefined;
  } catch (error) {
    throw storageError(error, `look for ${path}`);
  }
}

/** Undefined for a file that is not there, or not any more: another process may be retiring beside us. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
