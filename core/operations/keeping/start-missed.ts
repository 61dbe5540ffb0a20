import type { Standing } from '../../catalogue/standings.ts';
import type { With } from '../../platform.ts';
import { byWatch, byWatchAtFirst, longestWaitMs } from '../../policy/watch/rules.ts';
import type { Slot } from '../../time/slots.ts';
import { type Execution, start } from '../orders/start.ts';
import { type Due, dueOf } from './due.ts';
import { standingOf } from './standing.ts';

/** Returns true if a slot that should have run was not served, by what the catalogue knows. */
export async function isUnserved(platform: With<'catalogue'>, slot: Slot): Promise<boolean> {
  return !(await dueOf(platform, slot, await standingOf(platform, slot.database))).served;
}

/** A slot that is due, and what was done about it. */
export interface DueSlot extends Due {
  slot: Slot;
  standing: Standing;
  /** True if the database has never had a run. */
  isFirst: boolean;
  /** Present if watch asked for it; `exists` if its execution waits for its turn, or was lost. */
  execution?: Execution;
}

/**
 * Starts a slot that is due for an hour and that nothing has started: the latest, or the one before where the latest is
 * younger and nothing has begun it either, as always with a schedule of every hour. One whose execution exists is left
 * to that for six hours, and then started under another name: it has ended without a word. A run that failed is left to
 * the people who were alerted.
 */
export async function startIfMissed(platform: With<'catalogue' | 'executions'>, latest: Slot, before: Slot): Promise<DueSlot> {
  const { clock } = platform;
  const { database } = latest;
  const standing = await standingOf(platform, database);
  const ofLatest = await dueOf(platform, latest, standing);
  const isYoung = latest.at.getTime() > before.at.getTime() && !ofLatest.run && !ofLatest.served;
  const slot = isYoung ? before : latest;
  const { at } = slot;
  const late = clock.now().getTime() - at.getTime();
  const isFirst = !standing.lastRun && !standing.lastGood;
  const due = { ...(isYoung ? await dueOf(platform, slot, standing) : ofLatest), slot, standing, isFirst };
  if (!due.isOverdue || due.run) return due;
  const requestedBy = isFirst ? byWatchAtFirst : byWatch;
  const begin = async (again: boolean) =>
    (await start(platform, { database, scheduled: at.toISOString(), again, requestedBy, claimed: false })).executions[0] as Execution;
  const execution = await begin(false);
  return { ...due, execution: execution.outcome === 'exists' && late > longestWaitMs ? await begin(true) : execution };
}
