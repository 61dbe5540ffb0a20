import type { Database } from '../../config/config.ts';
import type { Engine } from '../../engines/engine.ts';
import { ConfigurationError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';

/**
 * Returns the engine of that name. Throws ConfigurationError if the platform lacks it, as restores on AWS lack files.
 */
export function engineOf({ engines }: Pick<Platform, 'engines'>, name: Database['engine']): Engine {
  const engine = engines[name];
  if (!engine) throw new ConfigurationError(`databases of the engine ${name} cannot be reached from here, only ${Object.keys(engines).join(', ')}`);
  return engine;
}
