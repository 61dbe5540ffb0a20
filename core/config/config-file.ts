import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../errors.ts';
import { type Config, parseConfig } from './config.ts';

export interface LoadedConfig {
  config: Config;
  /** Folder that relative paths in the configuration start from. */
  folder: string;
}

/** Reads `sauvegarde.config.ts`. Throws ConfigurationError if it is missing, does not run, or has mistakes. */
export async function loadConfigFile(path: string): Promise<LoadedConfig> {
  const file = resolve(path);
  if (!existsSync(file)) throw new ConfigurationError(`there is no configuration file ${file}; write one, or name it with --config`);
  let content: { default?: unknown };
  try {
    content = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new ConfigurationError(`${file} could not be read: ${(cause as Error).message}`, { cause });
  }
  if (content.default === undefined) throw new ConfigurationError(`${file} exports nothing; write "export default defineConfig({ … })"`);
  return { config: parseConfig(content.default, file), folder: dirname(file) };
}
