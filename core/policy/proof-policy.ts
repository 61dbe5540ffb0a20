import type { Database } from '../config/config.ts';
import { dayOf, weekOf } from '../time/periods.ts';

/**
 * Returns true if the backup of this slot is to be proven. Under `daily` and `weekly` that is the first in each local
 * day or week (from Monday) that has no proven one yet. `lastProven` is the slot of the newest good one that was
 * proven.
 */
export function proofIsDue(policy: Database['proof'], lastProven: Date | undefined, slot: Date, timeZone: string): boolean {
  if (policy === 'every' || policy === 'off') return policy === 'every';
  const periodOf = policy === 'daily' ? dayOf : weekOf;
  return lastProven === undefined || periodOf(lastProven, timeZone) !== periodOf(slot, timeZone);
}
