import type * as z from 'zod';
import { checkDumping, type Finding } from '../../core/operations/orders/check.ts';
import type { With } from '../../core/platform.ts';
import { reachedFrom } from '../place.ts';
import type { check } from '../shapes.ts';

/** Checks what dumps need here, with the databases of this place. */
export function checkHere(
  platform: With<'tools' | 'reveal' | 'scratch' | 'engines'> & { place: string; mounted: boolean },
  { families }: z.output<typeof check>,
  signal: AbortSignal,
): Promise<Finding[]> {
  return checkDumping({ ...platform, config: reachedFrom(platform, platform.config) }, signal, families);
}
