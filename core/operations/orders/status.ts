import type { Backup } from '../../catalogue/backups.ts';
import type { Incident } from '../../catalogue/incidents.ts';
import { all, itemsOf } from '../../catalogue/page.ts';
import type { Run } from '../../catalogue/runs.ts';
import { readProofOutline } from '../../documents/proof.ts';
import { reasonOf } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { type State, stateOf } from '../../policy/state.ts';
import { successRate } from '../../policy/success.ts';
import { hourBefore } from '../../policy/watch/overdue.ts';
import { type Slot, slotsOf } from '../../time/slots.ts';
import { dueOf } from '../keeping/due.ts';
import { standingOf } from '../keeping/standing.ts';
import { windowed } from './agenda.ts';

/** Days of which runs are counted, and the largest number of runs that are read for that. */
const days = 30;
const mostRuns = 2000;
/** Number of newest backups whose sizes and durations are shown. */
const shown = 30;

/** Answer to "am I safe?". */
export interface Status {
  /** Instant of the answer. */
  at: string;
  /** True if every database is in the state `good`, and no incident is open. */
  well: boolean;
  databases: DatabaseStatus[];
  /** Open incidents of the vault, which concern no database. */
  incidents: Incident[];
}

/** State of one database. Instants are ISO 8601 in UTC. */
export interface DatabaseStatus {
  database: string;
  state: State;
  /** True while it is being backed up. */
  running: boolean;
  lastGood?: Pick<Backup, 'id' | 'slot' | 'startedAt' | 'size' | 'bytes' | 'rows' | 'seconds' | 'proof'>;
  /** The next slot, and whether the last one that has had an hour was not served, and nothing is at work. */
  next: string;
  /** Minutes within which it begins after that; missing if it begins at once. */
  window?: number;
  overdue: boolean;
  /** Runs that have ended in the last 30 days, and the share of those that succeeded, 0 to 1. */
  runs: { count: number; succeeded?: number };
  /** Stored bytes, and seconds of the dump, of the newest good backups, oldest first. */
  sizes: number[];
  seconds: number[];
  /** Seconds that restoring took when a backup was last proven: the recovery time to expect. */
  restoreSeconds?: number;
  incidents: Incident[];
}

/** Collects how every configured database stands. */
export async function status(platform: With<'vault' | 'catalogue'>, _: Record<never, never>): Promise<Status> {
  const { catalogue, clock, config } = platform;
  const now = clock.now();
  const slots = slotsOf(config);
  const due = slots.due(hourBefore(now));
  const databases = await Promise.all(slots.next(now).map((slot, place) => statusOf(platform, slot, due[place]?.at ?? now)));
  const incidents = (await all((page) => catalogue.incidents.list(page))).filter(({ database }) => database === undefined);
  const well = incidents.length === 0 && databases.every(({ state }) => state === 'good');
  return { at: now.toISOString(), well, databases, incidents };
}

async function statusOf(platform: With<'vault' | 'catalogue'>, { at, database }: Slot, due: Date): Promise<DatabaseStatus> {
  const { catalogue, clock } = platform;
  const standing = await standingOf({ catalogue }, database);
  const runs = await runsSince({ catalogue }, database, new Date(clock.now().getTime() - days * 86_400_000));
  const recent = (await catalogue.backups.list({ database, limit: 2 * shown })).items;
  const good = recent
    .filter(({ proof, status }) => status !== 'missing' && proof.verdict !== 'refuted')
    .slice(0, shown)
    .reverse();
  const { incidents, lastGood, lastRun } = standing;
  const running = lastRun?.status === 'running';
  const overdue = !running && (await dueOf(platform, { at: due, database }, standing)).isOverdue;
  const succeeded = successRate(runs);
  const restoreSeconds = await restoreSecondsOf(platform, good);
  return {
    database,
    state: stateOf({ isConfigured: true, lastGood, lastRun, isRunning: running, isOverdue: overdue, incidents }),
    running,
    ...(lastGood && { lastGood: summaryOf(lastGood) }),
    next: at.toISOString(),
    ...windowed(platform, platform.config.databases[database]?.schedule ?? ''),
    overdue,
    runs: { count: runs.filter((run) => run.status !== 'running').length, ...(succeeded !== undefined && { succeeded }) },
    sizes: good.map(({ size }) => size),
    seconds: good.map(({ seconds }) => seconds),
    ...(restoreSeconds !== undefined && { restoreSeconds }),
    incidents,
  };
}

/** Reads the newest proof. A vault that cannot be read must not keep the rest from being answered. */
async function restoreSecondsOf({ log, vault }: With<'vault'>, good: readonly Backup[]): Promise<number | undefined> {
  const key = good.flatMap(({ objects }) => objects.proofs).at(-1);
  try {
    return key === undefined ? undefined : (await readProofOutline(vault, key)).restoreSeconds;
  } catch (error) {
    log.warn(`the time of the last test restore is not known: ${reasonOf(error).message}`);
    return undefined;
  }
}

function summaryOf({ bytes, id, proof, rows, seconds, size, slot, startedAt }: Backup): NonNullable<DatabaseStatus['lastGood']> {
  return { id, slot, startedAt, size, bytes, rows, seconds, proof };
}

/** Returns the runs of slots since an instant, as far as they are not too many. */
async function runsSince({ catalogue }: Pick<With<'catalogue'>, 'catalogue'>, database: string, since: Date): Promise<Run[]> {
  const runs: Run[] = [];
  for await (const run of itemsOf((page) => catalogue.runs.list({ database, ...page }))) {
    if (run.slot < since.toISOString() || runs.length === mostRuns) break;
    runs.push(run);
  }
  return runs;
}
