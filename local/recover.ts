import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { all } from '../core/catalogue/page.ts';
import type { Run } from '../core/catalogue/runs.ts';
import { reasonOf } from '../core/errors.ts';
import { counted } from '../core/figures.ts';
import { settle } from '../core/operations/backup/settle.ts';
import type { LocalPlatform } from './machine-platform.ts';
import { processOf } from './presence.ts';

/** Cleans up after ended processes: their temporary files, unfinished writes, and runs. Returns the runs. */
export async function recover(platform: LocalPlatform): Promise<Run[]> {
  const { catalogue, log, presence, state } = platform;
  // first the runs, then the living: a process that starts meanwhile is not taken for an ended one
  const running = await all((page) => catalogue.runs.list({ status: 'running', ...page }));
  const alive = new Set([presence.id]);
  for (const { id, alive: lives } of presence.others()) {
    if (lives) {
      alive.add(id);
      continue;
    }
    rmSync(join(state, 'temporary', id), { recursive: true, force: true });
    if (await discardUnfinished(platform, id)) presence.forget(id);
  }
  const abandoned: Run[] = [];
  for (const run of running.filter(({ execution }) => !alive.has(processOf(execution)))) {
    // its process ended it, or another one has settled it
    if ((await catalogue.runs.get(run.id))?.status !== 'running') continue;
    abandoned.push(run);
    log.warn(`${run.id} was abandoned by a process that has ended; settling it`);
    const error = {
      Error: 'InterruptedError',
      Cause: `the process that ran it ended without recording a result (killed, or the machine went down) after ${counted(run.attempts, 'attempt')}`,
    };
    await settle(platform, { ...run, again: false, during: 'backup', error });
  }
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
