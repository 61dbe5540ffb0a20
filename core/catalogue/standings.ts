import { databaseName } from '../names.ts';
import { type Backup, isGood } from './backups.ts';
import type { Incident } from './incidents.ts';
import { newestFirst } from './order.ts';
import { noPlace, type Page, type Paging } from './page.ts';
import type { Run } from './runs.ts';

/**
 * Standing of a database in one record. It is derived from the other records, and can be written anew from them; only
 * `requested` is nowhere else, and matters for minutes.
 */
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
  /** Slot of the manual backup that was last asked for by `reserve`. */
  requested?: string;
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

/** Counts what a database's backups add to its standing, one by one, in any order: they need not all be in memory. */
export class CountedBackups {
  #lastGood: Backup | undefined;
  #lastProven = '';
  #published = 0;
  #stored = 0;
  /** Instants of retiring within the last hour of them, and the beginning of that hour. */
  #retired: string[] = [];
  #retiredSince = '';

  add(backup: Backup): void {
    const { proof, retiredAt, size, slot, status } = backup;
    if (isGood(backup)) {
      if (!this.#lastGood || newestFirst(backup, this.#lastGood) < 0) this.#lastGood = backup;
      if ((proof.verdict === 'proven' || proof.verdict === 'partial') && slot > this.#lastProven) this.#lastProven = slot;
    }
    if (status === 'published') this.#published++;
    if (status !== 'missing') this.#stored += size;
    if (status === 'retired' && retiredAt !== undefined && retiredAt > this.#retiredSince) {
      this.#retired = [...this.#retired, retiredAt].sort();
      this.#retiredSince = new Date(Date.parse(this.#retired.at(-1) ?? '') - 3_600_000).toISOString();
      this.#retired = this.#retired.filter((instant) => instant > this.#retiredSince);
    }
  }

  result(): Pick<Standing, 'lastGood' | 'lastProven' | 'published' | 'stored' | 'lastRetirement'> {
    const at = this.#retired.at(-1);
    return {
      ...(this.#lastGood && { lastGood: this.#lastGood }),
      ...(this.#lastProven !== '' && { lastProven: this.#lastProven }),
      published: this.#published,
      stored: this.#stored,
      ...(at !== undefined && { lastRetirement: { at, count: this.#retired.length } }),
    };
  }
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
