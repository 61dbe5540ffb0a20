import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { all } from '../core/catalogue/page.ts';
import type { Run } from '../core/catalogue/runs.ts';
import { reasonOf } from '../core/errors.ts';
import { settleIfEnded } from '../core/operations/keeping/stale.ts';
import type { LocalPlatform } from './local-platform.ts';

/** Cleans up after ended processes: their temporary files, unfinished writes, and runs. Returns the runs. */
export async function recover(platform: LocalPlatform): Promise<Run[]> {
  const { catalogue, presence, state } = platform;
  // first the runs, then the living: a process that starts meanwhile is not taken for an ended one
  const running = await all((page) => catalogue.runs.list({ status: 'running', ...page }));
  for (const { id, alive } of presence.others()) {
    if (alive) continue;
    rmSync(join(state, 'temporary', id), { recursive: true, force: true });
    if (await discardUnfinished(platform, id)) presence.forget(id);
  }
  const abandoned: Run[] = [];
  for (const run of running) if (await settleIfEnded(platform, run)) abandoned.push(run);
  return abandoned;
}

/**
 * Discards unfinished writes. A vault that cannot be reached must not keep runs from being settled: its clean-up is
 * tried again the next time.
 */
async function discardUnfinished({ log, vault }: LocalPlatform, writer: string): Promise<boolean> {
  try {
    await vault.discardUnfinished(writer);
    return true;
  } catch (error) {
    log.warn(`unfinished files of an ended process stay for now: ${reasonOf(error).message}`);
    return false;
  }
}
