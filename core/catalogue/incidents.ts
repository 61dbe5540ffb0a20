import type { Page, Paging } from './page.ts';

/** What can be wrong for a while. */
export type IncidentKind = 'backup-failed' | 'rotation-failed' | 'backup-refuted' | 'backup-missing' | 'sweep-failed';

/** Something wrong with a database, with a beginning, one alert a day at most, and an end. Instants are ISO 8601 in UTC. */
export interface Incident {
  database: string;
  kind: IncidentKind;
  since: string;
  /** What happened last: at which instant, in which run or to which backup, and why. */
  last: { at: string; subject: string; error: { name: string; message: string } };
  /** How many times it happened. */
  count: number;
  /** `due` until a mail was accepted; `sending` while one process is about to send it. */
  alert: { state: 'due' | 'sending' | 'sent'; at: string };
  /** When a mail about it was last accepted. */
  toldAt?: string;
  endedAt?: string;
}

/** At most one incident of a kind is open for a database. */
export interface Incidents {
  /**
   * Replaces the open incident of this database and kind (undefined when there is none) by what `change` returns, as one step; nothing is changed when it returns undefined.
   * An incident that comes back with `endedAt` is closed. `change` may be called again when another writer came between. Returns the incident as it is afterwards.
   */
  change(database: string, kind: IncidentKind, change: (open: Incident | undefined) => Incident | undefined): Promise<Incident | undefined>;
  /** The open ones, oldest first; with `ended` the closed ones too. */
  list(query?: { database?: string; ended?: boolean } & Paging): Promise<Page<Incident>>;
}
