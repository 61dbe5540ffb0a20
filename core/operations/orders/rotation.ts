import type { RotateInput, RotateOutput } from '../keeping/rotate.ts';

/** Rotation as an order: whoever carries it out may retire backups, whoever gives it need not. */
export interface Rotation {
  /** As `rotate`. */
  rotate(input: RotateInput): Promise<RotateOutput>;
}
