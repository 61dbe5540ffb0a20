import { type Backup, isGood } from '../catalogue/backups.ts';
import type { Database } from '../config/config.ts';
import { dayOf, weekOf } from '../time/periods.ts';

/**
 * Returns true if the backup of this slot is to be proven. Under `daily` and `weekly` that is the first in each local
 * day or week (from Monday) that has no proven one yet.
 */
export function proofIsDue(policy: Database['proof'], backups: Backup[], slot: Date, timeZone: string): boolean {
  if (policy === 'every' || policy === 'off') return policy === 'every';
  const periodOf = policy === 'daily' ? dayOf : weekOf;
  const period = periodOf(slot, timeZone);
  return !backups.some((backup) => isGood(backup) && backup.proof.verdict !== 'none' && periodOf(new Date(backup.slot), timeZone) === period);
}
