/** What can be wrong for a while: with a database, or (`sweep-failed`) with the vault. */
export type IncidentKind = 'backup-failed' | 'rotation-failed' | 'backup-refuted' | 'backup-missing' | 'sweep-failed';

/** Something wrong with a database or the vault, with a beginning, one alert a day at most, and an end. Instants are ISO 8601 in UTC. */
export interface Incident {
  /** Missing when the vault itself is concerned. */
  database?: string;
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

/** At most one incident of a kind is open for a database, or for the vault. */
export interface Incidents {
  /**
   * Replaces the open incident of this kind of a database, or of the vault when none is named (undefined when there is none) by what `change` returns, as one step; nothing is changed when it returns undefined.
   * An incident that comes back with `endedAt` is closed. `change` may be called again when another writer came between. Returns the incident as it is afterwards.
   */
  change(database: string | undefined, kind: IncidentKind, change: (open: Incident | undefined) => Incident | undefined): Promise<Incident | undefined>;
  /** The open ones of one database, or all, oldest first; with `ended` the closed ones too. */
  list(options?: { database?: string; ended?: boolean }): Promise<Incident[]>;
}

/** Reads a record that any version has stored: the one before this gave the vault's incidents to a database called `vault`. */
export function readIncident(stored: Incident): Incident {
  if (stored.kind !== 'sweep-failed') return stored;
  const { database: _, ...ofVault } = stored;
  return ofVault;
}
