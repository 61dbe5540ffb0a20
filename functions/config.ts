import { readFileSync } from 'node:fs';
import { type Config, parseConfig } from '../core/config.ts';
import { ConfigurationError } from '../core/errors.ts';

const file = 'config.json';

/** The configuration that was bundled beside the function. */
export function bundledConfig(): Config {
  return parseConfig(read(), file);
}

function read(): unknown {
  try {
    return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  } catch (cause) {
    throw new ConfigurationError(`${file} beside the function cannot be read: ${(cause as Error).message}; deploy it again`, { cause });
  }
}
