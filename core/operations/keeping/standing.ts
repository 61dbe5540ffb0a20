import type { Catalogue } from '../../catalogue/catalogue.ts';
import { all, itemsOf } from '../../catalogue/page.ts';
import { CountedBackups, type Standing } from '../../catalogue/standings.ts';
import type { With } from '../../platform.ts';

/** Writes the standing of a database anew, after a change of its backups, runs or incidents. Idempotent. */
export function noteStanding({ catalogue }: Pick<With<'catalogue'>, 'catalogue'>, database: string): Promise<Standing> {
  return catalogue.standings.write(database, async (there) => ({
    ...(await computedStanding(catalogue, database)),
    ...(there?.requested !== undefined && { requested: there.requested }),
  }));
}

/**
 * Writes the last run and the open incidents into the standing of a database, after a change of these alone. Reads no
 * backup, of which there may be thousands. Idempotent.
 */
export function noteTroubles({ catalogue }: Pick<With<'catalogue'>, 'catalogue'>, database: string): Promise<Standing> {
  return catalogue.standings.write(database, async (there) =>
    there ? { ...there, ...(await runAndIncidents(catalogue, database)) } : computedStanding(catalogue, database),
  );
}

/** Returns the standing of a database, by one read. One that was never written is derived, and not written. */
export async function standingOf({ catalogue }: Pick<With<'catalogue'>, 'catalogue'>, database: string): Promise<Standing> {
  return (await catalogue.standings.get(database)) ?? (await computedStanding(catalogue, database));
}

/** Returns the standings of all databases that have records. Those never written are derived, and not written. */
export async function allStandings({ catalogue }: Pick<With<'catalogue'>, 'catalogue'>): Promise<Standing[]> {
  const known = await all((page) => catalogue.standings.list(page));
  return Promise.all(known.map(async ({ database, standing }) => standing ?? computedStanding(catalogue, database)));
}

/** Derives the standing from the other records. Holds one part of the backups at a time. */
export async function computedStanding(catalogue: Catalogue, database: string): Promise<Standing> {
  const counted = async () => {
    const count = new CountedBackups();
    for await (const backup of itemsOf((page) => catalogue.backups.list({ database, ...page }))) count.add(backup);
    return count.result();
  };
  const [backups, others] = await Promise.all([counted(), runAndIncidents(catalogue, database)]);
  return { database, ...backups, ...others };
}

async function runAndIncidents(catalogue: Catalogue, database: string): Promise<Pick<Standing, 'lastRun' | 'incidents'>> {
  const [runs, incidents] = await Promise.all([catalogue.runs.list({ database, limit: 1 }), all((page) => catalogue.incidents.list({ database, ...page }))]);
  const [lastRun] = runs.items;
  return { ...(lastRun && { lastRun }), incidents };
}
