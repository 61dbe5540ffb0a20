export interface RotateInput {
  database: string;
  by: string;
}

export interface RotateOutput {
  kept: number;
  retired: { backup: string; reason: string }[];
}

/** Rotation as an order: whoever carries it out may retire backups, whoever gives it need not. */
export interface Rotation {
  /** Retires what the policy no longer keeps of a database. Idempotent. */
  rotate(input: RotateInput): Promise<RotateOutput>;
}
