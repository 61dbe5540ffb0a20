import { isOfFuture } from '../../catalogue/backups.ts';
import type { Run } from '../../catalogue/runs.ts';
import type { Standing } from '../../catalogue/standings.ts';
import { runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { isOverdue } from '../../policy/watch/overdue.ts';
import { byWatch, byWatchAtFirst, longestWaitMs } from '../../policy/watch/rules.ts';
import { isServed, type Slot } from '../../time/slots.ts';
import { type Execution, start } from '../orders/start.ts';
import { standingOf } from './standing.ts';

/** Returns true if a slot that should have run was not served, by what the catalogue knows. */
export async function isMissed({ catalogue, clock }: With<'catalogue'>, slot: Slot): Promise<boolean> {
  const run = await catalogue.runs.get(runId(slot.database, slot.at, 'scheduled'));
  return !served(slot, await standingOf({ catalogue }, slot.database), run, clock.now());
}

/** Returns true if a run or a good backup served the slot. One from the future proves nothing: a clock was ahead. */
function served(slot: Slot, { lastGood }: Standing, run: Run | undefined, now: Date): boolean {
  return isServed(slot, { lastGood: lastGood && isOfFuture(lastGood, now) ? undefined : lastGood, run });
}

/** A slot that is due, and what was done about it. */
export interface DueSlot {
  standing: Standing;
  served: boolean;
  run: Run | undefined;
  /** True if nothing serves it or is at work on it, though its schedule has had an hour. */
  isOverdue: boolean;
  /** True if the database has never had a run. */
  isFirst: boolean;
  /** Present if watch asked for it; `exists` if its execution waits for its turn, or was lost. */
  execution?: Execution;
}

/**
 * Starts a slot that is due for an hour and that nothing has started. One whose execution exists is left to that for
 * six hours, and then started under another name: it has ended without a word. A run that failed is left to the people
 * who were alerted.
 */
export async function startIfMissed(platform: With<'catalogue' | 'executions'>, slot: Slot): Promise<DueSlot> {
  const { catalogue, clock } = platform;
  const { at, database } = slot;
  const standing = await standingOf(platform, database);
  const run = await catalogue.runs.get(runId(database, at, 'scheduled'));
  const late = clock.now().getTime() - at.getTime();
  const isFirst = !standing.lastRun && !standing.lastGood;
  const isDone = served(slot, standing, run, clock.now());
  const due = { standing, served: isDone, run, isFirst, isOverdue: isOverdue(at, { now: clock.now(), run, served: isDone }) };
  if (!due.isOverdue || run) return due;
  const requestedBy = isFirst ? byWatchAtFirst : byWatch;
  const begin = async (again: boolean) =>
    (await start(platform, { database, scheduled: at.toISOString(), again, requestedBy, claimed: false })).executions[0] as Execution;
  const execution = await begin(false);
  return { ...due, execution: execution.outcome === 'exists' && late > longestWaitMs ? await begin(true) : execution };
}
