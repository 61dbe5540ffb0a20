import { stat, statfs } from 'node:fs/promises';
import type { Connection } from '../connect/connection.ts';
import type { Target } from './target.ts';

/**
 * Returns the free bytes where the database lies; undefined if they cannot be known. The server must be on this
 * machine: the address says so, and the data directory that the server names exists here and changed in the same
 * second. (A forwarded port leads to another machine's.)
 */
export async function freeSpaceOf({ disk }: Target, { PGHOST = '' }: Connection): Promise<number | undefined> {
  if (!disk || !/^($|\/|localhost$|127\.|::1$)/.test(PGHOST)) return undefined;
  try {
    const { mtimeMs } = await stat(disk.data);
    if (Math.floor(mtimeMs / 1000) !== disk.modified) return undefined;
    const { bavail, bsize } = await statfs(disk.tablespace || disk.data);
    return bavail * bsize;
  } catch {
    return undefined; // this user may not look there, or it is in a container
  }
}
