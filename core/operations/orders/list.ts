import type { Backup } from '../../catalogue/backups.ts';
import type { Run } from '../../catalogue/runs.ts';
import { databaseOf } from '../../config/database-of.ts';
import type { With } from '../../platform.ts';
import { explain } from '../../policy/retention.ts';
import { planRotation } from '../keeping/rotate.ts';

/** Largest number of runs in a list: some months of one database. */
const mostRuns = 100;

/**
 * Lists backups of one database or all, newest first; retired ones only with `all`. Throws ConfigurationError for a
 * name that is neither configured nor in the catalogue.
 */
export async function listBackups(platform: With<'catalogue'>, { database, all }: { database?: string | undefined; all: boolean }): Promise<Backup[]> {
  const backups = await platform.catalogue.backups.list(database);
  if (database !== undefined && backups.length === 0) databaseOf(platform, database);
  return backups.filter(({ status }) => all || status !== 'retired');
}

/** Lists the last runs of one database or all, newest first, running and failed ones included. */
export async function listRuns(platform: With<'catalogue'>, { database }: { database?: string | undefined }): Promise<Run[]> {
  const runs = await platform.catalogue.runs.list({ limit: mostRuns, ...(database !== undefined && { database }) });
  if (database !== undefined && runs.length === 0) databaseOf(platform, database);
  return runs;
}

/** Decision of the next rotation on a backup, with its reason. */
export interface PlannedBackup {
  backup: string;
  slot: string;
  keep: boolean;
  reason: string;
}

export async function planned(platform: With<'catalogue'>, { database }: { database?: string | undefined }): Promise<PlannedBackup[]> {
  const names = database === undefined ? Object.keys(platform.config.databases) : [database];
  const plans = await Promise.all(names.map((name) => planRotation(platform, name)));
  return plans.flat().map(({ backup, keep, reason }) => ({ backup: backup.id, slot: backup.slot, keep, reason: explain(reason) }));
}
