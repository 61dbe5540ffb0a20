import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../core/catalogue/runs.ts';
import { settle } from '../core/operations/settle.ts';
import type { LocalPlatform } from './platform.ts';
import { processOf } from './presence.ts';

/** Puts right what processes that are gone left behind: their temporary files, unfinished writes, and runs. Returns the runs. */
export async function recover(platform: LocalPlatform): Promise<Run[]> {
  const { catalogue, log, presence, state, vault } = platform;
  const alive = new Set([presence.id]);
  for (const { id, alive: lives } of presence.others()) {
    if (lives) {
      alive.add(id);
      continue;
    }
    rmSync(join(state, 'temporary', id), { recursive: true, force: true });
    await vault.discardUnfinished(id);
    presence.forget(id);
  }
  const abandoned = (await catalogue.runs.list({ status: 'running' })).filter(({ execution }) => !alive.has(processOf(execution)));
  for (const run of abandoned) {
    log.warn(`${run.id} was left behind by a process that is gone; settling it`);
    const error = {
      Error: 'InterruptedError',
      Cause: `the process that ran it ended without a word (killed, or the machine went down) after ${run.attempts} attempt${run.attempts === 1 ? '' : 's'}`,
    };
    await settle(platform, { ...run, again: false, error });
  }
  return abandoned;
}
