import type { Database } from '../config/config.ts';
import type { Engine } from './engine.ts';
import { mysqlEngine } from './mysql/engine.ts';
import { postgresEngine } from './postgres/engine.ts';
import { sqliteEngine } from './sqlite/engine.ts';

/** Every engine that a configuration can name. */
export const engines: Record<Database['engine'], Engine> = { sqlite: sqliteEngine, postgres: postgresEngine, mysql: mysqlEngine };
