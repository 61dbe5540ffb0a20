import type { Author } from '../catalogue/audit.ts';

export interface RotateInput extends Author {
  database: string;
}

export interface RotateOutput {
  kept: number;
  retired: { backup: string; reason: string }[];
}

/** Rotation as an order: its executor may retire backups; its sender need not have that right. */
export interface Rotation {
  /** Retires what the policy no longer keeps of a database. Idempotent. */
  rotate(input: RotateInput): Promise<RotateOutput>;
}
