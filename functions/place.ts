import type { Config } from '../core/config/config.ts';
import { noPlace } from '../core/names.ts';
import type { Port } from './platform.ts';

/** Place whose databases are dumped here, or whose targets are restored into; empty if they are all. */
export const place: Port<string> = { settings: ['SAUVEGARDE_PLACE'], make: ({ SAUVEGARDE_PLACE }) => SAUVEGARDE_PLACE };

/** True where a file system is mounted. */
export const mounted: Port<boolean> = { settings: ['SAUVEGARDE_MOUNT'], make: ({ SAUVEGARDE_MOUNT }) => SAUVEGARDE_MOUNT !== '' };

/** Returns the configuration with the databases and targets that are reached from a place; files only where mounted. */
export function reachedFrom({ place: name, mounted: withFiles }: { place: string; mounted: boolean }, config: Config): Config {
  const own = <Each extends { place?: string | undefined }>(all: Record<string, Each>) =>
    Object.fromEntries(Object.entries(all).filter(([, each]) => (name === '' || (each.place ?? noPlace) === name) && (withFiles || !('file' in each))));
  return { ...config, databases: own(config.databases), targets: own(config.targets) };
}
