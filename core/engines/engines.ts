import type { EngineName } from './cards.ts';
import type { Engine } from './engine.ts';
import { serverEngines } from './server-engines.ts';
import { sqliteEngine, sqliteEngineOn } from './sqlite/engine.ts';
import type { Mount } from './sqlite/mount.ts';

/** Every engine that a configuration can name. */
export const engines: Record<EngineName, Engine> = { sqlite: sqliteEngine, ...serverEngines };

/** The same, with databases that are files on a network file system. */
export function enginesOn(mount: Mount): Record<EngineName, Engine> {
  return { ...engines, sqlite: sqliteEngineOn(mount) };
}
