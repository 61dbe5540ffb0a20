import type { Backup } from '../../catalogue/backups.ts';
import { all, type Page, type Paging } from '../../catalogue/page.ts';
import type { Run } from '../../catalogue/runs.ts';
import { databaseOf } from '../../config/database-of.ts';
import type { With } from '../../platform.ts';

interface ListInput extends Paging {
  database?: string | undefined;
}

/**
 * Lists backups of one database or all, newest first; retired ones only with `all`, without which a part may have fewer
 * items than its limit though the list goes on. Throws ConfigurationError for a name that is neither configured nor in
 * the catalogue.
 */
export async function listBackups(platform: With<'catalogue'>, { all: also, ...query }: ListInput & { all: boolean }): Promise<Page<Backup>> {
  const page = await platform.catalogue.backups.list(query);
  refuseUnknown(platform, query, page);
  return { ...page, items: page.items.filter(({ status }) => also || status !== 'retired') };
}

/** Lists the runs of one database or all, newest first, running and failed ones included unless `status` selects. */
export async function listRuns(platform: With<'catalogue'>, query: ListInput & { status?: Run['status'] | undefined }): Promise<Page<Run>> {
  const page = await platform.catalogue.runs.list(query);
  if (query.status === undefined) refuseUnknown(platform, query, page); // a known one may have none of that status
  return page;
}

function refuseUnknown(platform: With<never>, { database, after }: ListInput, { items }: Page<unknown>): void {
  if (database !== undefined && after === undefined && items.length === 0) databaseOf(platform, database);
}

/** Names of databases, sorted: the configured ones, and all, with those that have only records. */
export interface Names {
  configured: string[];
  all: string[];
}

export async function listNames({ catalogue, config }: With<'catalogue'>): Promise<Names> {
  const configured = Object.keys(config.databases).sort();
  const known = await all((page) => catalogue.standings.list(page));
  return { configured, all: [...new Set([...configured, ...known.map(({ database }) => database)])].sort() };
}
