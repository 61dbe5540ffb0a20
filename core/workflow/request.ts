import type { Kind } from '../names.ts';

/**
 * A request for a backup, from a schedule, a person, or a start that makes up for a missed one. `slot` is ISO 8601 in
 * UTC.
 */
export interface BackupRequest {
  database: string;
  slot: string;
  kind: Kind;
  requestedBy: string;
  /** As an author's `claimed` in the audit log. */
  claimed?: boolean | undefined;
  /** Serves the slot again if its run failed. */
  again: boolean;
}
