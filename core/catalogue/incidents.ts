import type { Page, Paging } from './page.ts';

/** Kinds that watch finds in the records; `core/policy/watch/rules.ts` has a rule for each. */
export const watchedKinds = [
  'slot-missed',
  'backup-failing',
  'dump-unusual',
  'rows-lost',
  'proof-overdue',
  'proof-partial',
  'tools-outdated',
  'limit-near',
  'record-altered',
  'backups-retired',
  'budget-exceeded',
  'disk-low',
  'alert-undelivered',
  'expiry-near',
  'channel-unconfirmed',
] as const;
export type WatchedKind = (typeof watchedKinds)[number];

/** Kinds of failures that last for a while. */
export type IncidentKind =
  | 'backup-failed'
  | 'source-changed'
  | 'proof-failed'
  | 'rotation-failed'
  | 'backup-flawed'
  | 'backup-refuted'
  | 'backup-missing'
  | 'copy-behind'
  | 'restore-test-failed'
  | 'sweep-failed'
  | WatchedKind;

/** Figures of a finding, from which each language makes its sentence. Instants are ISO 8601 in UTC, sizes are bytes. */
export type Details = Record<string, string | number>;

/** A failure of a database, with a beginning, at most one alert a day, and an end. Instants are ISO 8601 in UTC. */
export interface Incident {
  /** Missing if the incident concerns the vault itself. */
  database?: string;
  kind: IncidentKind;
  since: string;
  /** Last occurrence: its instant, the run or backup, and the error; the details if watch has found it. */
  last: { at: string; subject: string; error: { name: string; message: string }; details?: Details };
  /** Number of occurrences. */
  count: number;
  /**
   * `due` until every way of telling has taken it; `sending` while one process is about to send it. `delivered` are the
   * ways that have taken it while others have not.
   */
  alert: { state: 'due' | 'sending' | 'sent'; at: string; delivered?: string[] };
  /** Instant at which a way last took a message about it. */
  toldAt?: string;
  endedAt?: string;
}

/** Incidents. At most one of a kind is open for a database, or for the vault. */
export interface Incidents {
  /**
   * Replaces the open incident of this kind of a database, or of the vault if none is named (undefined if there is
   * none), by the result of `change`, in one step; changes nothing if that is undefined. A result with `endedAt` closes
   * the incident. `change` may be called again if another writer came between. Returns the incident as it is
   * afterwards.
   */
  change(database: string | undefined, kind: IncidentKind, change: (open: Incident | undefined) => Incident | undefined): Promise<Incident | undefined>;
  /** Lists the open ones of one database, or all, oldest first; with `ended` the closed ones too. */
  list(query?: { database?: string; ended?: boolean } & Paging): Promise<Page<Incident>>;
}

/**
 * Reads a record that any version has stored. The version before gave the vault's incidents to a database called
 * `vault`.
 */
export function readIncident(stored: Incident): Incident {
  if (stored.kind !== 'sweep-failed') return stored;
  const { database: _, ...ofVault } = stored;
  return ofVault;
}
