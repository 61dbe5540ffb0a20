import type { Backup } from '../../core/catalogue/backups.ts';
import type { Incident } from '../../core/catalogue/incidents.ts';
import type { Run } from '../../core/catalogue/runs.ts';
import { CountedBackups, type Standing } from '../../core/catalogue/standings.ts';

/** Derives the standing from all backups of a database, its newest run and its open incidents. */
export function standingFrom(database: string, backups: Iterable<Backup>, lastRun: Run | undefined, incidents: Incident[]): Standing {
  const count = new CountedBackups();
  for (const backup of backups) count.add(backup);
  return { database, ...count.result(), ...(lastRun && { lastRun }), incidents };
}
