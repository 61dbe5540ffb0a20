import { ConfigurationError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import type { Database } from './config.ts';

/** The configuration of a database. Throws a ConfigurationError that names those there are. */
export function databaseOf(platform: Pick<Platform, 'config'>, name: string): Database {
  const { databases } = platform.config;
  const database = Object.hasOwn(databases, name) ? databases[name] : undefined;
  if (!database) throw new ConfigurationError(`no database is called ${JSON.stringify(name)}; configured: ${Object.keys(databases).join(', ')}`);
  return database;
}
