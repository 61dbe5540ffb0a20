import { basename, resolve } from 'node:path';
import { parseConfig } from '../core/config/config.ts';
import { type LoadedConfig, loadConfigFile } from '../core/config/config-file.ts';
import { cards, fileCards } from '../core/engines/cards.ts';
import { databaseIn, hasScheme } from '../core/engines/server/database-url.ts';
import { ConfigurationError } from '../core/errors.ts';

/** Puts the identity of the command line into the place of the configured one. */
export function withIdentity({ config, folder }: LoadedConfig, { identity }: { identity?: string }): LoadedConfig {
  if (identity === undefined) return { config, folder };
  return { config: { ...config, encryption: { recipients: [], ...config.encryption, identity: { file: fromHere(identity) } } }, folder };
}

/** Variable in which many web applications keep their database's address. */
export const addressVariable = 'DATABASE_URL';

/**
 * Loads the configuration file. If DATABASE_URL is set, its database replaces the configured ones, unless they name the
 * variable themselves.
 */
export async function configured(options: { config: string }): Promise<LoadedConfig> {
  const { config, folder } = await loadConfigFile(options.config);
  const address = process.env[addressVariable];
  if (!address || JSON.stringify(config.databases).includes(`{"env":"${addressVariable}"}`)) return { config, folder };
  const card = cards.find(({ reach: { schemes } }) => hasScheme(schemes, address));
  const file = card?.reach.by === 'file' ? fileOf(address) : undefined;
  if (!card || file === '')
    throw new ConfigurationError(
      `${addressVariable} is not the address of a database; write ${cards.map(({ reach }) => reach.example).join(', ')}, or unset it`,
    );
  const database = file === undefined ? { engine: card.name, connection: { url: { env: addressVariable } } } : { engine: card.name, file: fromHere(file) };
  return { config: parseConfig({ ...config, databases: { [nameFor(file ?? databaseIn(address))]: database } }, options.config), folder };
}

/**
 * Returns the path in a file's URL as web frameworks write it, or nothing if it has none: after three slashes, so that
 * an absolute path has four, or right after the colon.
 */
function fileOf(address: string): string {
  const path = /^\w+:(?:\/\/\/|(?!\/))([^?#]+)/.exec(address.trim())?.[1] ?? '';
  try {
    return path === ':memory:' ? '' : decodeURIComponent(path);
  } catch {
    return ''; // a percent sign that encodes nothing
  }
}

/** Makes a path absolute that a person has typed: npm changes the folder. */
function fromHere(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

/**
 * Makes the configuration that protects this file instead of the configured databases, under a name made from the
 * file's.
 */
export async function protecting(file: string, options: { config: string }): Promise<LoadedConfig> {
  const { config, folder } = await loadConfigFile(options.config);
  const path = fromHere(file);
  const engine = (fileCards.find(({ reach }) => reach.endings.test(path)) ?? fileCards[0])?.name;
  const databases = { [nameFor(path)]: { engine, file: path } };
  return { config: parseConfig({ ...config, databases }, options.config), folder };
}

function nameFor(path: string): string {
  const letters = fileCards
    .reduce((name, { reach }) => name.replace(reach.endings, ''), basename(path))
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
  return letters || 'database';
}
