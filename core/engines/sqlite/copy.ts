import { accessSync, closeSync, constants, existsSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { backup, type DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite';
import {
  SourceCorruptError,
  SourceLockedError,
  SourceMissingError,
  SourceUnreadableError,
  StorageFullError,
  StorageRefusedError,
  ToolFailedError,
} from '../../errors.ts';
import { openTolerantly, sizeOf } from './foreign-file.ts';

/** Longest wait for a writer's lock on the source, in milliseconds, before we give up and the workflow tries again. */
const patienceMs = 15_000;
/**
 * Pages for each step of the backup: all of them. Smaller steps start over whenever another process writes, and never
 * end under a steady writer.
 */
const everyPage = 2 ** 31 - 1;

/**
 * Longest time, in milliseconds, that the copy of a database without a WAL keeps its writers waiting. They wait for the
 * whole copy, since a step that gives way to them starts over.
 */
const longestHoldMs = 300_000;
/** Pages between two looks at that time, under one lock. */
const pagesOfALook = 65_536;

/** Ways to read a source. */
interface Reading {
  /** Longest wait for a lock, in milliseconds. */
  patience?: number;
  /** Longest time that writers are kept waiting, in milliseconds. */
  longestHold?: number;
  /** True for a source on a network file system, whose applications are on other machines. */
  mounted?: boolean;
}

/**
 * SQLITE_READONLY_ROLLBACK: a process was killed and left half a transaction in the file, and the journal that undoes
 * it. The next process that opens the database undoes it, and must be able to write for that; committed data does not
 * change.
 */
const unfinishedTransaction = 776;

/**
 * Opens a source for reading and holds a read transaction on it. One that is `mounted` is never written to: its
 * applications are on other machines. Throws the error that says what is wrong with it.
 */
export function openSource(file: string, { patience = patienceMs, mounted = false }: Pick<Reading, 'patience' | 'mounted'> = {}): DatabaseSync {
  checkFile(file);
  const inWal = isWal(file);
  if (inWal && mounted) throw new SourceUnreadableError(walOverNetwork(file));
  const asleep = inWal && !existsSync(`${realpathSync(file)}-shm`);
  if (asleep && !isWritable(file)) {
    throw new SourceUnreadableError(
      `${file} is in WAL mode, no application has it open, and this user (${thisUser()}) may not write to it, which SQLite needs even for reading. ${howToAllow(file)}`,
    );
  }
  try {
    return beginReading(file, { readOnly: !asleep, timeout: patience });
  } catch (error) {
    const isUnfinished = (error as { errcode?: number }).errcode === unfinishedTransaction;
    if (isUnfinished && mounted) throw new SourceUnreadableError(unfinishedOverNetwork(file), { cause: error });
    if (!isUnfinished) throw sourceError(file, error, { patience, mounted });
  }
  try {
    return beginReading(file, { readOnly: false, timeout: patience });
  } catch (error) {
    throw sourceError(file, error, { patience, mounted });
  }
}

/** SQLite, "Write-Ahead Logging": all who use a database in WAL mode must be on one machine. */
function walOverNetwork(file: string): string {
  return `${file} is in WAL mode, in which all who use a database share memory. Over a network they cannot, and a copy could lack what was written last, or be damaged. Have its application give up WAL (PRAGMA journal_mode = DELETE), or back it up on the machine that has it open`;
}

function unfinishedOverNetwork(file: string): string {
  return `${file} holds half a transaction of a program that was stopped, beside a journal that undoes it, and nothing is written here. Open it once with its application, or with the command sqlite3 and ".tables": either undoes that transaction`;
}

function beginReading(file: string, options: DatabaseSyncOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = openTolerantly(file, options); // what is wrong with a definition is told of the copy
    database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    refuseCutShort(file, database);
    return database;
  } catch (error) {
    database?.close();
    throw error;
  }
}

/**
 * Returns true for a database in WAL mode (file format, 1.3.3: read version 2). If nobody has it open, a read-only
 * connection would make its -wal and -shm and leave them behind, owned by us. A connection that may write removes them
 * when it is the last to close.
 */
function isWal(file: string): boolean {
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, 20, 0);
  } finally {
    closeSync(descriptor);
  }
  return header[19] === 2;
}

/** Tells what to change so that this user can read a database that SQLite reads only where it may write. */
function howToAllow(file: string): string {
  const username = thisUser();
  return `Run Sauvegarde as the application's user, or allow it: setfacl -m u:${username}:rw '${file}' && setfacl -m u:${username}:rwx -m d:u:${username}:rw '${dirname(file)}'. Or give up WAL: sqlite3 '${file}' 'PRAGMA journal_mode = DELETE'`;
}

/** Returns the name of this user, or the number of one without a name: setfacl takes both. */
function thisUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Copies a database to which others may be writing, consistently, by SQLite's online backup under one read transaction.
 * Waits up to `patience` for a lock. In WAL mode writers do not wait for it; otherwise they do, for `longestHold` at
 * most: then it gives up, which is not retryable.
 */
export async function copy(
  source: string,
  target: string,
  { patience = patienceMs, longestHold = longestHoldMs, mounted = false }: Reading = {},
): Promise<void> {
  using database = openSource(source, { patience, mounted });
  const begun = performance.now();
  const progress = () => {
    if (performance.now() - begun <= longestHold) return;
    throw new SourceUnreadableError(
      `copying ${source} kept its writers waiting for ${longestHold / 1000} s and was stopped. ${mounted ? 'Give the file system more throughput' : `In WAL mode nobody waits: sqlite3 '${source}' 'PRAGMA journal_mode = WAL'`}`,
    );
  };
  try {
    // asked of SQLite: to open and close the file here would drop the lock of this process
    const isWal = database.prepare('PRAGMA journal_mode').get()?.journal_mode === 'wal';
    await backup(database, target, isWal ? { rate: everyPage } : { rate: pagesOfALook, progress });
  } catch (error) {
    const code = codeOf(error);
    if (code === 13) throw new StorageFullError(`no space left for the temporary copy ${target}`, { cause: error });
    if (code === 10 || code === 14)
      throw new StorageRefusedError(`could not write the temporary copy ${target}: ${(error as Error).message}`, { cause: error });
    throw sourceError(source, error, { patience, mounted });
  }
}

function checkFile(file: string): void {
  const header = Buffer.alloc(16);
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new SourceUnreadableError(`${file} is a ${found.isDirectory() ? 'directory' : 'special file'}, not a database file`);
    if (found.size === 0) throw new SourceUnreadableError(`${file} is empty (0 bytes): it holds no database`);
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, header, 0, 16, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new SourceMissingError(`there is no file ${file}`, { cause: error });
    if (code === 'EACCES' || code === 'EPERM') throw new SourceUnreadableError(`${file} may not be read by this user (${code})`, { cause: error });
    throw error;
  }
  if (header.toString('latin1') !== 'SQLite format 3\0') {
    throw new SourceUnreadableError(`${file} is not an SQLite database: it does not begin with "SQLite format 3" (is it encrypted, or another kind of file?)`);
  }
}

/**
 * Throws SourceCorruptError if the file was cut short. SQLite rounds its size up to whole pages and reads the missing
 * part of the last one as zeros, which in a record's overflow nothing would notice. The check is valid while a read
 * transaction is open: without a WAL nobody writes to the file meanwhile; with one, the pages may still be in the WAL.
 */
function refuseCutShort(file: string, database: DatabaseSync): void {
  const wal = statSync(`${realpathSync(file)}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const size = sizeOf(database);
  const found = statSync(file).size;
  if (wal === 0 && found < size) throw new SourceCorruptError(`${file} is damaged: it has ${found} bytes instead of ${size}: it was cut short`);
}

function sourceError(file: string, error: unknown, { patience, mounted }: Required<Pick<Reading, 'patience' | 'mounted'>>): Error {
  const code = codeOf(error);
  const message = (error as Error).message;
  if (code === undefined) return error as Error;
  if (code === 5 || code === 6) return new SourceLockedError(`${file} stayed locked by another process for ${patience / 1000} s`, { cause: error });
  if (code === 11 || code === 26) return new SourceCorruptError(`${file} is damaged: ${message}`, { cause: error });
  if ((code === 8 || code === 14) && mounted) {
    const why = 'The POSIX user of the access point must be allowed to read the file and to enter its folder';
    return new SourceUnreadableError(`${file} cannot be opened: ${message}. ${why}`, { cause: error });
  }
  if (code === 8 || code === 14) {
    return new SourceUnreadableError(
      `${file} cannot be opened: ${message}. A database in WAL mode, or one with a journal left behind, needs its folder to be writable for this user, or an application that has it open. ${howToAllow(file)}`,
      { cause: error },
    );
  }
  return new ToolFailedError(`SQLite could not copy ${file}: ${message} (code ${code})`, { cause: error });
}

/** Returns SQLite's primary result code (https://www.sqlite.org/rescode.html). */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: number }).errcode;
  return code === undefined ? undefined : code & 0xff;
}
