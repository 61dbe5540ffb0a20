/** An action, with its author. Instants are ISO 8601 in UTC. */
export interface AuditRecord {
  at: string;
  /** `scheduler`, `start-up`, `rotation`, or a person: `cli:alice`. */
  by: string;
  action:
    | 'backup-requested'
    | 'backup-published'
    | 'run-failed'
    | 'retired'
    | 'brought-back'
    | 'held'
    | 'released'
    | 'downloaded'
    | 'restored'
    | 'verified'
    | 'swept';
  /** Run, backup or database that it was done to. */
  subject: string;
  detail: string;
}

/**
 * A record in the chain. `hash` is the SHA-256 of the record as JSON together with the hash before it (64 zeros for the
 * first), so that none can be altered or removed unnoticed.
 */
export interface AuditEntry extends AuditRecord {
  sequence: number;
  previous: string;
  hash: string;
}

/** The audit log. Append-only: nothing alters or removes an entry. */
export interface Audit {
  append(record: AuditRecord): Promise<AuditEntry>;
  /** Lists entries, newest first. */
  list(query?: { subject?: string; limit?: number }): Promise<AuditEntry[]>;
}
