import { userInfo } from 'node:os';

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
