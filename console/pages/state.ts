import { isGood } from '../../core/catalogue/backups.ts';
import type { DatabaseOverview } from '../../core/operations/orders/overview.ts';
import type { Tone } from '../parts/labels.ts';
import type { Words } from '../words/words.ts';

export type StateName = keyof Words['states'];

/** Judges a database at a glance; the gravest fact decides. */
export function stateOf({ plan, lastGood, lastRun, incidents, running }: DatabaseOverview): StateName {
  if (!plan) return 'idle';
  if (!lastGood || !isGood(lastGood)) return lastRun || incidents.length > 0 ? (running.length > 0 && incidents.length === 0 ? 'new' : 'unsafe') : 'new';
  if (lastRun?.status === 'failed' || incidents.some(({ kind }) => kind !== 'backup-flawed')) return 'failed';
  if (plan.late) return 'late';
  if (lastGood.proof.verdict === 'flawed' || incidents.length > 0) return 'flawed';
  return 'good';
}

export const toneOfState: Record<StateName, Tone> = { good: 'good', flawed: 'warn', late: 'warn', failed: 'bad', unsafe: 'bad', new: 'calm', idle: 'calm' };

/** Returns true for a state that asks for somebody. */
export function needsAttention(state: StateName): boolean {
  return toneOfState[state] === 'warn' || toneOfState[state] === 'bad';
}
