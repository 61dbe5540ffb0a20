import type { Author } from '../../catalogue/audit.ts';
import { databaseOf } from '../../config/database-of.ts';
import { UnexpectedError } from '../../errors.ts';
import { runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { computedStanding } from '../keeping/standing.ts';
import type { Execution, StartInput, StartOutput } from './start.ts';

/**
 * Longest time until a requested run is recorded, in milliseconds. A workflow that gets no function to run is patient
 * for some five hours (`backup.asl.json`); nobody's button waits as long for an execution that may be gone.
 */
const longestUnrecorded = 600_000;

/** The run under way, or the slot of the one to start. */
export type Reserved = { underWay: string } | { slot: string };

/**
 * Decides which run a person gets who wants a backup now: the one that is under way, the one that somebody else has
 * just asked for and that is not recorded yet, or a new one. Several requests at once all get the same. Starting the
 * slot again changes nothing, so a requester who is gone before starting it holds nobody up. Throws ConfigurationError
 * if the database is not configured.
 */
export async function reserve(platform: With<'catalogue'>, { database }: { database: string } & Author): Promise<Reserved> {
  databaseOf(platform, database);
  const { runs, standings } = platform.catalogue;
  const recorded = async (slot: string) => (await runs.get(runId(database, new Date(slot), 'manual'))) !== undefined;
  let reserved: Reserved | undefined;
  await standings.write(database, async (there) => {
    const standing = there ?? (await computedStanding(platform.catalogue, database));
    const { items } = await runs.list({ database, status: 'running', limit: 1 });
    const { requested } = standing;
    const now = platform.clock.now().getTime();
    if (items[0]) reserved = { underWay: items[0].id };
    else if (requested && now - Date.parse(requested) < longestUnrecorded && !(await recorded(requested))) reserved = { slot: requested };
    else {
      let at = Math.floor(now / 1000) * 1000;
      while (await recorded(new Date(at).toISOString())) at += 1000; // a run of the same second has ended already
      reserved = { slot: new Date(at).toISOString() };
      return { ...standing, requested: reserved.slot };
    }
    return standing;
  });
  if (!reserved) throw new TypeError('the standing was written without being computed');
  return reserved;
}

/** Starts what was reserved by `begin`, unless it is under way. */
export async function startReserved(
  database: string,
  reserved: Reserved,
  begin: (asked: Pick<StartInput, 'database' | 'at'>) => Promise<StartOutput>,
): Promise<Execution> {
  if ('underWay' in reserved) return { database, name: reserved.underWay, outcome: 'exists' };
  const [execution] = (await begin({ database, at: reserved.slot })).executions;
  if (!execution) throw new UnexpectedError(`no execution of ${database} was started`);
  return execution;
}
