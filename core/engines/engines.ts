import type { Engine } from './engine.ts';
import { sqliteEngine } from './sqlite/engine.ts';

/** Every engine that a configuration can name. */
export const engines: Record<'sqlite', Engine> = { sqlite: sqliteEngine };
