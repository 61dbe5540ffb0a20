import type { Page, Paging } from './page.ts';

/** Author of an action, as far as the home can know it. */
export interface Author {
  /** `scheduler`, `start-up`, `rotation`, or a person: `cli:alice`. */
  by: string;
  /**
   * True if the home has only the author's own word, as AWS's functions have: Lambda does not tell a function who
   * invoked it. False if the home knows it. Missing in entries from before the two were told apart.
   */
  claimed?: boolean | undefined;
}

/** An action, with its author. Instants are ISO 8601 in UTC. */
export interface AuditRecord extends Author {
  at: string;
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
    | 'swept'
    | 'rebuilt'
    | 'corrected'
    | 'refused'
    | 'vault-taken-over'
    | 'source-accepted'
    | 'restore-tested'
    | 'configured'
    | 'signed-in'
    | 'signed-out'
    | 'sign-in-refused';
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
  list(query?: { subject?: string | undefined } & Paging): Promise<Page<AuditEntry>>;
  /** True if lists by subject hold copies, which somebody could change while the whole list stays as it is. */
  readonly hasCopies: boolean;
}
