import { access, type FileHandle, link, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RefusedError, storageError } from '../../errors.ts';
import { stampOf } from '../../names.ts';
import { syncFolder } from '../../vault/sync-folder.ts';
import { openForeign } from './foreign-file.ts';
import { holdersOf } from './holders.ts';

/** The files SQLite keeps beside a database; left behind they would be replayed into the one that takes its place. */
const companions = ['', '-wal', '-shm', '-journal'];

/** A file to write to, that can then take the target's place in one step. */
export interface Place extends AsyncDisposable {
  aside: string;
  /** Returns where what was there before has been put. */
  moveIn(): Promise<string | undefined>;
}

/** Throws a RefusedError when something is in the way and `force` is not given, or when an application has the target open. */
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
    moveIn: () => moveIn(aside, target, now),
    [Symbol.asyncDispose]: () => rm(aside, { force: true }),
  };
}

/** Behind a symbolic link lies the file that the application opens. */
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

/** SQLite deletes the WAL and the journal beside a file that is not, or no longer, a database; they may be all that is left of it. */
async function isDatabase(path: string): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return bytesRead === 16 && buffer.toString('latin1') === 'SQLite format 3\0';
  } catch {
    return false; // what cannot be read is no reason against replacing it
  } finally {
    await file?.close();
  }
}

/** An exclusive transaction fails while any other connection reads or writes; in WAL mode, while any has the file open. The rest is asked of the system. */
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
    // anything else (not a database, damaged, read-only) is no reason against replacing it: that is what a restore is for
  }
}

async function moveIn(aside: string, target: string, now: Date): Promise<string | undefined> {
  const replaced = await freeName(`${target}.replaced-${stampOf(now)}`);
  const moved: string[] = [];
  try {
    for (const file of await companionsOf(target)) {
      await rename(file, replaced + file.slice(target.length));
      moved.push(file);
    }
    await link(aside, target); // fails when something has come into the way since
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (!taken) for (const file of moved) await rename(replaced + file.slice(target.length), file);
    if (taken)
      throw new RefusedError(
        `${target} came into being while restoring and was left alone${moved.length > 0 ? `; what was there before is now ${replaced}` : ''}`,
        {
          cause: error,
        },
      );
    throw storageError(error, `move the restored database to ${target}`);
  }
  await syncFolder(dirname(target));
  return moved.length > 0 ? replaced : undefined;
}

/** Two restores may fall into one second; neither may overwrite what the other set aside. */
async function freeName(wanted: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}-${count}`;
    if ((await companionsOf(name)).length === 0) return name;
  }
}

/** A folder would be set aside with all that it holds. */
async function refuseOtherThanFile(target: string, occupied: string[]): Promise<void> {
  if (!occupied.includes(target)) return;
  const found = await stat(target);
  if (!found.isFile()) throw new RefusedError(`${target} is a ${found.isDirectory() ? 'directory' : 'special file'}; name a file to restore into`);
}
