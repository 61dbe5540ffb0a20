import { join } from 'node:path';
import type { Database } from '../../config/config.ts';
import type { Engine, Work } from '../engine.ts';
import { rehearse as rehearseOn, type Stage, unscheduled } from '../rehearsal.ts';
import { sqliteCard } from './card.ts';
import { runTool } from './run-tool.ts';
import { remove, temporaryFolder } from './temporary-folder.ts';

/** Makes the source of a file that no configuration names. */
export function sourceIn(file: string): Database {
  return { ...sqliteCard.database.parse({ engine: 'sqlite', file }), ...unscheduled };
}

const words = { begun: 'a SQLite database was made in the temporary folder', again: 'a second file' };

/** Makes the sample of a rehearsal. */
async function begin(work: Omit<Work, 'reveal'>): Promise<Stage> {
  const folder = await temporaryFolder(work, 'rehearsal-');
  try {
    const file = join(folder, 'sample.sqlite3');
    await runTool('sample', [file], work);
    return { source: sourceIn(file), make: async () => undefined, [Symbol.asyncDispose]: () => remove(folder) };
  } catch (error) {
    await remove(folder);
    throw error;
  }
}

export function rehearse(engine: Pick<Engine, 'dump' | 'prove'>, work: Omit<Work, 'reveal'>): AsyncGenerator<string, void, void> {
  return rehearseOn({ ...words, engine, begin }, work);
}
