import type { Config, Database } from '../core/config/config.ts';
import { noPlace } from '../core/names.ts';
import type { Port } from './platform.ts';

/** Place whose databases are dumped here; empty if they are all. */
export const place: Port<string> = { settings: ['SAUVEGARDE_PLACE'], make: ({ SAUVEGARDE_PLACE }) => SAUVEGARDE_PLACE };

/** True where a file system is mounted. */
export const mounted: Port<boolean> = { settings: ['SAUVEGARDE_MOUNT'], make: ({ SAUVEGARDE_MOUNT }) => SAUVEGARDE_MOUNT !== '' };

/** Returns the configuration with those databases that are dumped from a place; files only where they are mounted. */
export function reachedFrom({ place: name, mounted: withFiles }: { place: string; mounted: boolean }, config: Config): Config {
  const isHere = (database: Database) => name === '' || (database.place ?? noPlace) === name;
  const own = Object.entries(config.databases).filter(([, database]) => isHere(database) && (withFiles || !('file' in database)));
  return { ...config, databases: Object.fromEntries(own) };
}
