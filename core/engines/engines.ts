import type { EngineName } from './cards.ts';
import type { Engine } from './engine.ts';
import { serverEngines } from './server-engines.ts';
import { sqliteEngine } from './sqlite/engine.ts';

/** Every engine that a configuration can name. */
export const engines: Record<EngineName, Engine> = { sqlite: sqliteEngine, ...serverEngines };
