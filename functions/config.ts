import { readFileSync } from 'node:fs';
import type { Config } from '../core/config/config.ts';
import { ConfigurationError } from '../core/errors.ts';
import { standIns } from '../core/names.ts';

const file = 'config.json';

/**
 * Reads the configuration that was bundled beside the function. It was checked, and every default filled in, when the
 * bundle was made: nothing else writes this file, and the schema would be a tenth of a function's code.
 */
export function bundledConfig(): Config {
  try {
    return configIn(readFileSync(new URL(file, import.meta.url), 'utf8'), process.env.SAUVEGARDE_VALUES);
  } catch (cause) {
    throw new ConfigurationError(`${file} beside the function cannot be read: ${(cause as Error).message}; deploy it again`, { cause });
  }
}

/**
 * Reads a bundled configuration. `values`, as JSON, are those that only the deployment knew, by number; what a function
 * does not need is not among them, and stays as it is.
 */
export function configIn(text: string, values: string | undefined): Config {
  if (values === undefined) return JSON.parse(text) as Config;
  const known = JSON.parse(values) as Record<string, string>;
  return JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? deployed(value, known) : value)) as Config;
}

function deployed(text: string, known: Readonly<Record<string, string>>): string | number {
  const filled = text.replaceAll(standIns, (standIn, _, number: string) => known[number] ?? standIn);
  return text.startsWith('{{#') && filled !== text ? Number(filled) : filled;
}
