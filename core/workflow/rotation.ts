import type { Author } from '../catalogue/audit.ts';
import type { Backup } from '../catalogue/backups.ts';

export interface RotateInput extends Author {
  database: string;
}

export interface RotateOutput {
  kept: number;
  retired: { backup: string; reason: string }[];
}

/** Backup to retire. */
export interface RetireInput extends Author {
  backup: string;
}

/** Retired backup whose keys are to be cleared. */
export interface ClearInput {
  clear: string;
}

/** Retiring as an order: its executor may retire backups; its sender need not have that right. */
export interface Rotation {
  /** Retires what the policy no longer keeps of a database. Idempotent. */
  rotate(input: RotateInput): Promise<RotateOutput>;
  /**
   * Retires one backup, whatever the policy says, and returns its record. Throws RefusedError if it is held, or is the
   * only good one of its database.
   */
  retire(input: RetireInput): Promise<Backup>;
  /**
   * Hides what lies under the keys of a retired backup, whoever put it there, so that its own objects can be brought
   * back. Does nothing to other backups. Idempotent.
   */
  clear(input: ClearInput): Promise<void>;
}
