import type { ServerEngineName } from './cards.ts';
import type { Engine } from './engine.ts';
import { mysqlEngine } from './mysql/engine.ts';
import { postgresEngine } from './postgres/engine.ts';

/** Engines of databases on servers, into which AWS restores too. */
export const serverEngines: Record<ServerEngineName, Engine> = { postgres: postgresEngine, mysql: mysqlEngine };
