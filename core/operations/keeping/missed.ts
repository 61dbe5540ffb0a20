import { isOfFuture } from '../../catalogue/backups.ts';
import { runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { isServed, type Slot } from '../../time/slots.ts';
import { standingOf } from './standing.ts';

/** Returns true if a slot that should have run was not served, by what the catalogue knows. */
export async function isMissed({ catalogue, clock }: With<'catalogue'>, slot: Slot): Promise<boolean> {
  const { lastGood } = await standingOf({ catalogue }, slot.database);
  const evidence = lastGood && isOfFuture(lastGood, clock.now()) ? undefined : lastGood;
  return !isServed(slot, { lastGood: evidence, run: await catalogue.runs.get(runId(slot.database, slot.at, 'scheduled')) });
}
