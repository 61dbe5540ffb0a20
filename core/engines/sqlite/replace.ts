import { access, chmod, chown, type FileHandle, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { storageError } from '../../bytes/storage-error.ts';
import { RefusedError } from '../../errors.ts';
import { stampOf } from '../../names.ts';
import { giveName } from '../../vault/give-name.ts';
import { syncFolder } from '../../vault/sync-folder.ts';
import { openForeign } from './foreign-file.ts';
import { holdersOf } from './holders.ts';

/**
 * Suffixes of a database and the files that SQLite keeps beside it. Left behind, those would be replayed into the
 * database that takes its place.
 */
const companions = ['', '-wal', '-shm', '-journal'];

/** A file to write to, which can then take the target's place in one step. */
export interface Place extends AsyncDisposable {
  aside: string;
  /**
   * Moves the file to the target, with the owner and mode of the file that it replaces. Returns the new path of that
   * file, and a note if the owner could not be kept.
   */
  moveIn(): Promise<{ replaced: string | undefined; note: string | undefined }>;
}

/**
 * Prepares a place for the target. Throws RefusedError if something is in the way and `force` is not given, or if an
 * application has the target open.
 */
export async function takePlace(named: string, { force, now }: { force: boolean; now: Date }): Promise<Place> {
  const target = await whereItLies(named);
  const occupied = await companionsOf(target);
  await refuseOtherThanFile(target, occupied);
  if (occupied.length > 0 && !force)
    throw new RefusedError(
      `${occupied.join(' and ')} already exist${occupied.length === 1 ? 's' : ''}; nothing was changed. Use --force to set ${occupied.length === 1 ? 'it' : 'them'} aside`,
    );
  if (occupied.includes(target)) await refuseWhenOpen(target);
  const aside = join(dirname(target), `.${basename(target)}.restoring-${process.pid}`);
  await rm(aside, { force: true });
  return {
    aside,
    moveIn: async () => {
      const note = occupied.includes(target) ? await keepOwner(target, aside) : undefined;
      return { replaced: await moveIn(aside, target, now), note };
    },
    [Symbol.asyncDispose]: () => rm(aside, { force: true }),
  };
}

/** Follows a symbolic link to the file that the application opens. */
async function whereItLies(named: string): Promise<string> {
  const folder = await unlessGone(realpath(dirname(named)));
  if (folder === undefined) throw new RefusedError(`there is no folder ${dirname(named)}; make it first`);
  const link = await unlessGone(lstat(named));
  if (!link?.isSymbolicLink()) return named;
  const target = await unlessGone(realpath(named));
  if (target === undefined) throw new RefusedError(`${named} is a symbolic link that leads nowhere; remove it, or name the file itself`);
  return target;
}

async function unlessGone<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storageError(error, 'find out where the target lies');
  }
}

async function companionsOf(target: string): Promise<string[]> {
  const found = await Promise.all(
    companions.map(async (suffix) => {
      try {
        await access(target + suffix);
        return [target + suffix];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw storageError(error, `look for ${target}${suffix}`);
      }
    }),
  );
  return found.flat();
}

/**
 * Returns true if the file is a database. Beside any other file, SQLite deletes the WAL and the journal, which may be
 * all that is left of it.
 */
async function isDatabase(path: string): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return bytesRead === 16 && buffer.toString('latin1') === 'SQLite format 3\0';
  } catch {
    return false; // an unreadable file may be replaced
  } finally {
    await file?.close();
  }
}

/**
 * Throws RefusedError if the target is open. An exclusive transaction fails while any other connection reads or writes;
 * in WAL mode, while any has the file open. The system knows the others.
 */
async function refuseWhenOpen(target: string): Promise<void> {
  const holders = await holdersOf(target);
  if (holders.length > 0) throw new RefusedError(`${target} is in use by ${holders.join(', ')}; stop the application first`);
  if (!(await isDatabase(target))) return;
  try {
    using database = openForeign(target, { timeout: 1000 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK');
  } catch (error) {
    const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
    if (code === 5 || code === 6) throw new RefusedError(`${target} is in use by another program; stop the application first`, { cause: error });
    // any other error (not a database, damaged, read-only) is no reason against replacing it: a restore is for such
    // cases
  }
}

/**
 * Gives a file the owner and mode of another, without which its application could not write to it. Returns a note if
 * this user may not.
 */
async function keepOwner(from: string, to: string): Promise<string | undefined> {
  try {
    const { uid, gid, mode } = await stat(from);
    const now = await stat(to);
    try {
      if (uid !== now.uid || gid !== now.gid) await chown(to, uid, gid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
      return `it belongs to this user now, with mode 600: only root can give it back to its owner. Run: chown ${uid}:${gid} FILE && chmod ${(mode & 0o7777).toString(8)} FILE`;
    }
    await chmod(to, mode & 0o7777);
    return undefined;
  } catch (error) {
    throw storageError(error, `give ${to} the owner and mode of ${from}`);
  }
}

async function moveIn(aside: string, target: string, now: Date): Promise<string | undefined> {
  const replaced = await freeName(`${target}.replaced-${stampOf(now)}`);
  const moved: string[] = [];
  let isNamed: boolean;
  try {
    for (const file of await companionsOf(target)) {
      await rename(file, replaced + file.slice(target.length));
      moved.push(file);
    }
    isNamed = await giveName(aside, target);
  } catch (error) {
    for (const file of moved) await rename(replaced + file.slice(target.length), file);
    throw storageError(error, `move the restored database to ${target}`);
  }
  if (!isNamed)
    throw new RefusedError(
      `${target} was created by another program during the restore, and was left alone${moved.length > 0 ? `; the file that was there before is now ${replaced}` : ''}`,
    );
  await syncFolder(dirname(target));
  return moved.length > 0 ? replaced : undefined;
}

/**
 * Finds a free name: two restores may fall into one second, and neither may overwrite the file that the other set
 * aside.
 */
async function freeName(wanted: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}-${count}`;
    if ((await companionsOf(name)).length === 0) return name;
  }
}

/** Throws RefusedError for a folder, which would be set aside with everything in it, and for special files. */
async function refuseOtherThanFile(target: string, occupied: string[]): Promise<void> {
  if (!occupied.includes(target)) return;
  const found = await stat(target);
  if (!found.isFile()) throw new RefusedError(`${target} is a ${found.isDirectory() ? 'directory' : 'special file'}; name a file to restore into`);
}
