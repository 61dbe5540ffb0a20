import { isGood } from '../../core/catalogue/backups.ts';
import type { Incident } from '../../core/catalogue/incidents.ts';
import type { DatabaseOverview } from '../../core/operations/orders/overview.ts';
import type { Tone } from '../parts/labels.ts';
import type { Words } from '../words/words.ts';

export type StateName = keyof Words['states'];

/** Judges a database at a glance; the gravest fact decides. */
export function stateOf({ plan, lastGood, lastRun, incidents, running }: DatabaseOverview): StateName {
  if (!plan) return 'idle';
  if (!lastGood || !isGood(lastGood)) return lastRun || incidents.length > 0 ? (running.length > 0 && incidents.length === 0 ? 'new' : 'unsafe') : 'new';
  if (lastRun?.status === 'failed' || incidents.some(isGrave)) return 'failed';
  if (plan.late) return 'late';
  if (lastGood.proof.verdict === 'flawed') return 'flawed';
  if (incidents.length > 0) return 'attention';
  return 'good';
}

export const toneOfState: Record<StateName, Tone> = {
  good: 'good',
  flawed: 'warn',
  attention: 'warn',
  late: 'warn',
  failed: 'bad',
  unsafe: 'bad',
  new: 'calm',
  idle: 'calm',
};

const grave: ReadonlySet<Incident['kind']> = new Set(['backup-failed', 'backup-refuted', 'backup-missing'] as const);

/** Returns true for an incident that leaves a database without its newest backup, or takes one away. */
export function isGrave({ kind }: Incident): boolean {
  return grave.has(kind);
}

/** Returns true for a state that asks for somebody. */
export function needsAttention(state: StateName): boolean {
  return toneOfState[state] === 'warn' || toneOfState[state] === 'bad';
}
