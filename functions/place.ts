import type { Config } from '../core/config/config.ts';
import { noPlace } from '../core/names.ts';
import type { Port } from './platform.ts';

/** Place whose databases are dumped here, or whose targets are restored into; empty if they are all. */
export const place: Port<string> = { settings: ['SAUVEGARDE_PLACE'], make: ({ SAUVEGARDE_PLACE }) => SAUVEGARDE_PLACE };

/** Returns the configuration with those databases and targets that are reached from a place. */
export function reachedFrom(name: string, config: Config): Config {
  const own = <Each extends { place?: string | undefined }>(all: Record<string, Each>) =>
    Object.fromEntries(Object.entries(all).filter(([, { place: theirs = noPlace }]) => name === '' || theirs === name));
  return { ...config, databases: own(config.databases), targets: own(config.targets) };
}
