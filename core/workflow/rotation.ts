export interface RotateInput {
  database: string;
  by: string;
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
