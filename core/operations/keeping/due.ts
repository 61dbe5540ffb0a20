import { isOfFuture } from '../../catalogue/backups.ts';
import type { Run } from '../../catalogue/runs.ts';
import type { Standing } from '../../catalogue/standings.ts';
import { runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { isOverdue } from '../../policy/watch/overdue.ts';
import { isServed, type Slot } from '../../time/slots.ts';

/** Fate of a slot that is due. */
export interface Due {
  /** Run of the slot. */
  run: Run | undefined;
  /** True if that run, or a good backup, served it. One from the future proves nothing: a clock was ahead. */
  served: boolean;
  /** True if nothing serves it or is at work on it, though its schedule has had an hour. */
  isOverdue: boolean;
}

/** Judges a slot that is due, by one read besides its database's standing. */
export async function dueOf({ catalogue, clock }: With<'catalogue'>, { at, database }: Slot, { lastGood }: Standing): Promise<Due> {
  const now = clock.now();
  const run = await catalogue.runs.get(runId(database, at, 'scheduled'));
  const served = isServed({ at }, { lastGood: lastGood && isOfFuture(lastGood, now) ? undefined : lastGood, run });
  return { run, served, isOverdue: isOverdue(at, { now, run, served }) };
}
