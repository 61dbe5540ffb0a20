import type { Kind } from '../names.ts';

/** A request for a backup: what a schedule, a person or a start-up makes up for. `slot` is ISO 8601 in UTC. */
export interface BackupRequest {
  database: string;
  slot: string;
  kind: Kind;
  requestedBy: string;
  /** Serve the slot again when its run failed. */
  again: boolean;
}
