import type { RotateInput, RotateOutput } from '../keeping/rotate.ts';

/** Rotation as an order: its executor may retire backups; its sender need not have that right. */
export interface Rotation {
  /** Rotates, as `rotate` does. */
  rotate(input: RotateInput): Promise<RotateOutput>;
}
