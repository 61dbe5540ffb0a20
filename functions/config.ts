import { readFileSync } from 'node:fs';
import type { Config } from '../core/config/config.ts';
import { ConfigurationError } from '../core/errors.ts';

const file = 'config.json';

/**
 * Reads the configuration that was bundled beside the function. It was checked, and every default filled in, when the
 * bundle was made: nothing else writes this file, and the schema would be a tenth of a function's code.
 */
export function bundledConfig(): Config {
  try {
    return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Config;
  } catch (cause) {
    throw new ConfigurationError(`${file} beside the function cannot be read: ${(cause as Error).message}; deploy it again`, { cause });
  }
}
