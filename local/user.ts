import { userInfo } from 'node:os';
import type { Author } from '../core/catalogue/audit.ts';

/**
 * Returns the name of the user who runs this process; undefined if the user's number has none, as in a container that
 * was given only a number.
 */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SYSTEM_ERROR') return undefined;
    throw error;
  }
}

/** Returns the author of this process's orders, whom the operating system knows. */
export function author(): Author {
  return { by: `cli:${userName() ?? `uid ${process.getuid?.()}`}`, claimed: false };
}
