import { userInfo } from 'node:os';

/** Name of the user that runs this process; undefined if its number has none, as in a container that was given a number alone. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SYSTEM_ERROR') return undefined;
    throw error;
  }
}
