import type { RotateInput, RotateOutput } from './rotate.ts';

/** Rotation as an order: whoever carries it out may retire backups, whoever gives it need not. */
export interface Rotation {
  /** As `rotate`. */
  rotate(input: RotateInput): Promise<RotateOutput>;
}
