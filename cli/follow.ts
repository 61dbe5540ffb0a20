import type { Backup } from '../core/catalogue/backups.ts';
import type { Home } from '../core/operations/orders/home.ts';

/** Backup of a database, or the error that prevented it. */
export type Outcome = { database: string } & ({ backup: Backup } | { error: Error });

/**
 * Backs up one database, or all, and yields the outcome of each; a failure does not stop the others. Throws the
 * signal's reason if the waiting is stopped.
 */
export async function* backUp(home: Home, database: string | undefined, signal: AbortSignal): AsyncGenerator<Outcome> {
  const executions = await home.start(database);
  const outcomes = executions.map((execution) =>
    home.backupOf(execution).then(
      (backup): Outcome => ({ database: execution.database, backup }),
      (error: Error): Outcome => ({ database: execution.database, error }),
    ),
  );
  for (const each of outcomes) {
    const outcome = await each;
    if ('error' in outcome) signal.throwIfAborted();
    yield outcome;
  }
}
