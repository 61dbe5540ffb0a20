import type { Backup } from '../core/catalogue/backups.ts';
import type { Home } from '../core/operations/orders/home.ts';

/** A database's backup, or why it has no new one. */
export type Outcome = { database: string } & ({ backup: Backup } | { error: Error });

/** Has one database backed up, or all, and gives the outcome of each once it has ended; a failure keeps no other back. Throws the signal's reason when the waiting is stopped. */
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
