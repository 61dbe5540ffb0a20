import { runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { isServed, type Slot } from '../../time/slots.ts';
import { standingOf } from './standing.ts';

/** Returns true if a slot that should have run was not served, by what the catalogue knows. */
export async function isMissed({ catalogue }: With<'catalogue'>, slot: Slot): Promise<boolean> {
  const { lastGood } = await standingOf({ catalogue }, slot.database);
  return !isServed(slot, { lastGood, run: await catalogue.runs.get(runId(slot.database, slot.at, 'scheduled')) });
}
