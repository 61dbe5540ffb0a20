import type * as z from 'zod';
import { checkRestoring, type Finding } from '../../core/operations/orders/check.ts';
import type { With } from '../../core/platform.ts';
import { reachedFrom } from '../place.ts';
import type { check } from '../shapes.ts';

/** Checks what restores need here, with the targets of this place. */
export function checkHere(
  platform: With<'tools' | 'reveal' | 'scratch' | 'engines'> & { place: string },
  { families }: z.output<typeof check>,
  signal: AbortSignal,
): Promise<Finding[]> {
  return checkRestoring({ ...platform, config: reachedFrom({ place: platform.place, mounted: false }, platform.config) }, signal, families);
}
