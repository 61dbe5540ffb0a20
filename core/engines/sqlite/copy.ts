import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import {
  SourceCorruptError,
  SourceLockedError,
  SourceMissingError,
  SourceUnreadableError,
  StorageFullError,
  StorageRefusedError,
  ToolFailedError,
} from '../../errors.ts';

/** How long a writer may keep the source locked before we give up (the workflow tries again). */
const patienceMs = 15_000;
/** All pages in one step: smaller steps start over whenever another process writes, and never end under a steady writer. */
const everyPage = 2 ** 31 - 1;

/** Opens a source for reading and holds a read transaction on it. Throws the error that says what is wrong with it. */
export function openSource(file: string): DatabaseSync {
  checkFile(file);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: patienceMs });
    database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (error) {
    database?.close();
    throw sourceError(file, error);
  }
}

/** A consistent copy of a database that others may be writing to, by SQLite's online backup in one step. */
export async function copy(source: string, target: string): Promise<void> {
  using database = openSource(source);
  try {
    await backup(database, target, { rate: everyPage });
  } catch (error) {
    const code = codeOf(error);
    if (code === 13) throw new StorageFullError(`no space left for the temporary copy ${target}`, { cause: error });
    if (code === 10 || code === 14)
      throw new StorageRefusedError(`could not write the temporary copy ${target}: ${(error as Error).message}`, { cause: error });
    throw sourceError(source, error);
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

function sourceError(file: string, error: unknown): Error {
  const code = codeOf(error);
  const message = (error as Error).message;
  if (code === undefined) return error as Error;
  if (code === 5 || code === 6) return new SourceLockedError(`${file} stayed locked by another process for ${patienceMs / 1000} s`, { cause: error });
  if (code === 11 || code === 26) return new SourceCorruptError(`${file} is damaged: ${message}`, { cause: error });
  if (code === 8 || code === 14) {
    return new SourceUnreadableError(
      `${file} cannot be opened: ${message}. A database in WAL mode, or one with a journal left behind, needs its folder to be writable for this user, or an application that has it open`,
      { cause: error },
    );
  }
  return new ToolFailedError(`SQLite could not copy ${file}: ${message} (code ${code})`, { cause: error });
}

/** SQLite's primary result code (https://www.sqlite.org/rescode.html). */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: number }).errcode;
  return code === undefined ? undefined : code & 0xff;
}
