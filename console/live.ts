import type { Run } from '../core/catalogue/runs.ts';
import type { Home, Live } from '../core/operations/orders/home.ts';
import type { Usual } from '../core/operations/orders/usual.ts';

/** Work that lasts, with the time that its step usually takes, in seconds, if that is known. */
export type Watched = Live & { usual?: number };

/** Runs that are under way, with what is known of each. */
export type LiveRun = { run: Run; live: Watched | undefined };

/** Steps of which a database's backups tell how long they take. */
const timed: Partial<Record<Live['step'], keyof Usual>> = { copy: 'dump', dump: 'dump', dumped: 'proof', prove: 'proof' };

/** Adds the usual time of its step to the work on a database's run or backup. */
export async function watched(home: Home, database: string, live: Live | undefined): Promise<Watched | undefined> {
  const step = live && !live.failed ? timed[live.step] : undefined;
  if (!live || !step) return live;
  // a page without it is no worse
  const usual = (await home.carryOut({ action: 'usual', database }).catch(() => undefined))?.[step];
  return { ...live, ...(usual !== undefined && { usual }) };
}

/** Looks at each run that is under way. */
export function watchedRuns(home: Home, runs: readonly Run[]): Promise<LiveRun[]> {
  return Promise.all(runs.map(async (run) => ({ run, live: await watched(home, run.database, home.live(run)) })));
}
