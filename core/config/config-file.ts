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
    throw new ConfigurationError(`${placeIn(file, cause as Error)} could not be read: ${(cause as Error).message}`, { cause });
  }
  if (content.default === undefined) throw new ConfigurationError(`${file} exports nothing; write "export default defineConfig({ … })"`);
  return { config: parseConfig(content.default, file), folder: dirname(file) };
}

/**
 * Names the place of a mistake in a file, as `file:line:column`. Node tells it in the stack: before the error, with a
 * mark under the column, if the file cannot be parsed; otherwise where the error was thrown.
 */
function placeIn(file: string, { stack = '' }: Error): string {
  const parsed = stack.split('\n\n')[0]?.split('\n') ?? [];
  const line = /:(\d+)$/.exec(parsed[0] ?? '')?.[1];
  const mark = parsed.find((text) => /^\s*\^/.test(text));
  if (line !== undefined && mark !== undefined && !parsed[0]?.startsWith(' ')) return `${file}:${line}:${mark.indexOf('^') + 1}`;
  const thrown = stack.slice(stack.indexOf(pathToFileURL(file).href)).match(/^\S+?:(\d+):(\d+)\)?$/m);
  return stack.includes(pathToFileURL(file).href) && thrown ? `${file}:${thrown[1]}:${thrown[2]}` : file;
}
