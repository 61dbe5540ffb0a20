import { type Backup, isGood } from '../catalogue/backups.ts';
import type { Incident } from '../catalogue/incidents.ts';
import type { Run } from '../catalogue/runs.ts';

/**
 * State of a database at a glance. `good` needs nobody, `new` has no backup yet and nothing wrong, `idle` is no longer
 * configured; the others need somebody, `failed` and `unsafe` most.
 */
export type State = 'good' | 'flawed' | 'attention' | 'late' | 'failed' | 'unsafe' | 'new' | 'idle';

export interface StateFacts {
  isConfigured: boolean;
  lastGood?: Backup | undefined;
  lastRun?: Pick<Run, 'status'> | undefined;
  isRunning: boolean;
  /** True if its last slot was not served in time. */
  isOverdue: boolean;
  /** Open incidents. */
  incidents: readonly Pick<Incident, 'kind'>[];
}

/** Judges a database; the gravest fact decides. */
export function stateOf({ isConfigured, lastGood, lastRun, isRunning, isOverdue, incidents }: StateFacts): State {
  if (!isConfigured) return 'idle';
  if (!lastGood || !isGood(lastGood)) {
    if (incidents.length > 0) return 'unsafe';
    return lastRun && !isRunning ? 'unsafe' : 'new';
  }
  if (lastRun?.status === 'failed' || incidents.some(isGrave)) return 'failed';
  if (isOverdue) return 'late';
  if (lastGood.proof.verdict === 'flawed') return 'flawed';
  return incidents.length > 0 ? 'attention' : 'good';
}

const grave: ReadonlySet<Incident['kind']> = new Set(['backup-failed', 'backup-refuted', 'backup-missing'] as const);

/** Returns true for an incident that leaves a database without its newest backup, or takes one away. */
export function isGrave({ kind }: Pick<Incident, 'kind'>): boolean {
  return grave.has(kind);
}
