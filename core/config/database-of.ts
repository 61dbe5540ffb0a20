import { ConfigurationError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import type { Database } from './config.ts';

/** Returns the configuration of a database. Throws ConfigurationError, with the configured names, if there is none. */
export function databaseOf(platform: Pick<Platform, 'config'>, name: string): Database {
  const { databases } = platform.config;
  const database = Object.hasOwn(databases, name) ? databases[name] : undefined;
  if (!database) throw new ConfigurationError(`no database is called ${JSON.stringify(name)}; configured: ${Object.keys(databases).join(', ')}`);
  return database;
}
