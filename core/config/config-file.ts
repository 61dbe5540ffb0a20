import { spawnSync } from 'node:child_process';
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
    throw new ConfigurationError(`${positionOf(file, cause as Error)} could not be read: ${(cause as Error).message}`, { cause });
  }
  // a file without import and export is CommonJS to Node, whose exports are an empty object until something is exported
  if (content.default === undefined || isEmpty(content.default))
    throw new ConfigurationError(`${file} exports nothing; write "export default defineConfig({ … })"`);
  return { config: parseConfig(content.default, file), folder: dirname(file) };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/**
 * Names the place of a mistake in a file, as `file:line:column`; the file alone if it is elsewhere. For JavaScript that
 * cannot be parsed, Node tells the place only to a terminal.
 */
function positionOf(file: string, error: Error): string {
  const place = placeIn(file, error.stack);
  if (place !== file || !(error instanceof SyntaxError)) return place;
  return placeIn(file, spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' }).stderr);
}

/**
 * Finds a place in what Node prints of an error: before it, with a mark under the column, if the file cannot be parsed;
 * otherwise where it was thrown.
 */
function placeIn(file: string, stack = ''): string {
  const parsed = stack.split('\n\n')[0]?.split('\n') ?? [];
  const line = /:(\d+)$/.exec(parsed[0] ?? '')?.[1];
  const mark = parsed.find((text) => /^\s*\^/.test(text));
  if (line !== undefined && mark !== undefined && !parsed[0]?.startsWith(' ')) return `${file}:${line}:${mark.indexOf('^') + 1}`;
  const thrown = stack.slice(stack.indexOf(pathToFileURL(file).href)).match(/^\S+?:(\d+):(\d+)\)?$/m);
  return stack.includes(pathToFileURL(file).href) && thrown ? `${file}:${thrown[1]}:${thrown[2]}` : file;
}
