import { homedir } from 'node:os';
import { join } from 'node:path';
import { RecipeError } from './recipe/errors.ts';

/**
 * Returns the folder of downloads and built folders: `SAUVEGARDE_CACHE`, or the user's cache folder. Root's is the
 * machine's: nobody else can enter root's home, and a PostgreSQL server that root starts runs as another user. Throws
 * RecipeError for a user without a home folder.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { SAUVEGARDE_CACHE: chosen, XDG_CACHE_HOME: user } = environment;
  if (chosen) return chosen;
  if (process.getuid?.() === 0) return '/var/cache/sauvegarde';
  if (user) return join(user, 'sauvegarde');
  const home = homeFolder();
  if (!home) throw new RecipeError('this user has no home folder to keep them in: set the environment variable SAUVEGARDE_CACHE to a folder');
  return join(home, '.cache', 'sauvegarde');
}

/** Returns the home folder; undefined for a user whose number has no name, unless HOME is set. */
function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SYSTEM_ERROR') return undefined;
    throw error;
  }
}
