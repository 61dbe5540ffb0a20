import type { Config } from '../core/config/config.ts';
import { noPlace } from '../core/names.ts';
import type { Port } from './platform.ts';

/** Place whose databases are dumped here; empty if they are all. */
export const place: Port<string> = { settings: ['SAUVEGARDE_PLACE'], make: ({ SAUVEGARDE_PLACE }) => SAUVEGARDE_PLACE };

/** Returns the configuration with those databases that are dumped from a place. */
export function reachedFrom(name: string, config: Config): Config {
  const own = Object.entries(config.databases).filter(([, { place: theirs = noPlace }]) => name === '' || theirs === name);
  return { ...config, databases: Object.fromEntries(own) };
}
