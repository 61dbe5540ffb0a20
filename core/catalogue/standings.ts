import { databaseName } from '../names.ts';
import { type Backup, isGood } from './backups.ts';
import type { Incident } from './incidents.ts';
import { newestFirst } from './order.ts';
import { noPlace, type Page, type Paging } from './page.ts';
import type { Run } from './runs.ts';

/** Standing of a database in one record. It is derived from the other records, and can be written anew from them. */
export interface Standing {
  database: string;
  /** Newest good backup. */
  lastGood?: Backup;
  /** Slot of the newest good backup that was proven, if only in part. A flawed one is proven again at the next run. */
  lastProven?: string;
  /** Number of published backups. */
  published: number;
  /** Stored bytes of all its backups, those that are retired and not yet removed included. */
  stored?: number;
  /** The last time that backups were retired: the instant, and their number within the hour before it. */
  lastRetirement?: { at: string; count: number };
  /** Run of the newest slot, as it was when its step ended. */
  lastRun?: Run;
  /** Open incidents, oldest first. */
  incidents: Incident[];
}

/** Database that has records. It has no standing until one is written, as in a catalogue from before there were any. */
export interface KnownDatabase {
  database: string;
  standing?: Standing;
}

export interface Standings {
  /** Reads one record; undefined if none was written yet. */
  get(database: string): Promise<Standing | undefined>;
  /** Lists the databases that have records of any kind, by name. */
  list(query?: Paging): Promise<Page<KnownDatabase>>;
  /**
   * Replaces the record by the result of `compute`, and returns it. `compute` may read the catalogue; it is called
   * again if another writer came between, so that the last one has seen what all before it had written.
   */
  write(database: string, compute: (there: Standing | undefined) => Promise<Standing>): Promise<Standing>;
}

/** Derives the standing from all backups of a database, its newest run and its open incidents. */
export function standingFrom(database: string, backups: Backup[], lastRun: Run | undefined, incidents: Incident[]): Standing {
  const good = backups.filter(isGood).sort(newestFirst);
  const [lastGood] = good;
  const lastProven = good.find(({ proof }) => proof.verdict === 'proven' || proof.verdict === 'partial')?.slot;
  return {
    database,
    ...(lastGood && { lastGood }),
    ...(lastProven !== undefined && { lastProven }),
    published: backups.filter(({ status }) => status === 'published').length,
    stored: backups.reduce((sum, { status, size }) => (status === 'missing' ? sum : sum + size), 0),
    ...lastRetirementIn(backups),
    ...(lastRun && { lastRun }),
    incidents,
  };
}

function lastRetirementIn(backups: Backup[]): Pick<Standing, 'lastRetirement'> {
  const instants = backups.flatMap(({ status, retiredAt }) => (status === 'retired' && retiredAt !== undefined ? [retiredAt] : [])).sort();
  const at = instants.at(-1);
  if (at === undefined) return {};
  const hourBefore = new Date(Date.parse(at) - 3_600_000).toISOString();
  return { lastRetirement: { at, count: instants.filter((instant) => instant > hourBefore).length } };
}

/** Puts a run into the standing, unless that has one of a newer slot. */
export function withRun(standing: Standing, run: Run): Standing {
  const isOlder = standing.lastRun !== undefined && newestFirst(standing.lastRun, run) < 0;
  return isOlder ? standing : { ...standing, lastRun: run };
}

/** Reads an `after` of the list, which is a name. Throws ConfigurationError for any other text. */
export function nameAt(after: string): string {
  if (!databaseName.test(after)) throw noPlace(after);
  return after;
}
