import { reasonOf } from '../core/errors.ts';
import { counted } from '../core/figures.ts';
import { runId } from '../core/names.ts';
import { updateCopies } from '../core/operations/keeping/copies.ts';
import { alertWhatIsDue } from '../core/operations/keeping/incident.ts';
import { noteStanding } from '../core/operations/keeping/standing.ts';
import { isUnserved } from '../core/operations/keeping/start-missed.ts';
import { sweepAndTell } from '../core/operations/keeping/sweep.ts';
import { watch } from '../core/operations/keeping/watch.ts';
import { type StartInput, start } from '../core/operations/orders/start.ts';
import { scheduleOf } from '../core/time/schedule.ts';
import { type Slot, slotsOf } from '../core/time/slots.ts';
import type { ExecutionEnd } from '../core/workflow/execution.ts';
import type { LocalPlatform } from './open-platform.ts';
import { surroundingsOf } from './surroundings.ts';

/**
 * Longest sleep between two looks at the clock, in milliseconds: a machine that slept, or a clock that was set, is
 * noticed within this time.
 */
const longestSleepMs = 30_000;
/** Time between two watches, and from the start to the first, in milliseconds: what was missed has begun by then. */
const watchEveryMs = 3_600_000;
const firstWatchMs = 5 * 60_000;

/** Returns the next backup of each database, and the next clean-up. */
export function upcoming({ config, clock }: LocalPlatform): { backups: Slot[]; sweep: Date } {
  const now = clock.now();
  return { backups: slotsOf(config).next(now), sweep: scheduleOf(config.sweep, config.timeZone).next(now) };
}

/** Listener for the executions that the scheduler has started. Must not reject. */
export type Told = (database: string, ended: Promise<ExecutionEnd>) => Promise<void>;

/**
 * Serves every schedule until the signal fires, then stops and settles the executions in progress. First makes up for
 * missed slots: the one that is due, unless a good backup was made since. A clock that is set back starts nothing, and
 * a slot that comes again then has its execution already.
 */
export async function serveSchedules(platform: LocalPlatform, told: Told, signal: AbortSignal): Promise<void> {
  const { catalogue, clock, config } = platform;
  const underWay = new Set<Promise<void>>();
  const add = (work: Promise<void>) => {
    const counted = work.finally(() => underWay.delete(counted));
    underWay.add(counted);
  };
  const slots = slotsOf(config);
  const sweeps = scheduleOf(config.sweep, config.timeZone);
  const [isNew, isNewSweep] = [newlyDue(), newlyDue()];
  let watchedAt = clock.now().getTime() - watchEveryMs + firstWatchMs;
  let starting = true;
  // a process that was killed may have left them as they were before its last change
  for (const database of Object.keys(config.databases)) await noteStanding(platform, database);
  await alertWhatIsDue(platform);
  while (!signal.aborted) {
    const now = clock.now();
    for (const slot of slots.due(now)) {
      if (!isNew(slot.database, slot.at) || (starting && !(await isUnserved(platform, slot)))) continue;
      const requestedBy = starting ? 'start-up' : 'scheduler';
      // under the slot's own name unless that is used up, so that watch knows that it is under way
      const again = starting && (await catalogue.runs.get(runId(slot.database, slot.at, 'scheduled'))) !== undefined;
      for (const ended of await begun(platform, { database: slot.database, scheduled: slot.at.toISOString(), again, requestedBy, claimed: false }))
        add(told(slot.database, ended()));
    }
    const sweepDue = sweeps.due(now);
    if (isNewSweep('sweep', sweepDue) && !(starting && (await wasSweptSince(platform, sweepDue)))) add(sweepOrReport(platform));
    watchedAt = Math.min(watchedAt, now.getTime()); // a clock that was set back is followed
    if (now.getTime() - watchedAt >= watchEveryMs) {
      watchedAt = now.getTime();
      add(watched(platform, told, signal));
    }
    starting = false;
    const next = Math.min(sweeps.next(now).getTime(), ...slots.next(now).map(({ at }) => at.getTime()));
    await clock.sleep(Math.max(0, Math.min(next - clock.now().getTime(), longestSleepMs)), signal).catch(() => undefined); // a signal ends the loop
  }
  await platform.executions.stop(signal.reason);
  await Promise.all(underWay);
}

/**
 * Watches, brings copies up to date, and follows what was started. A failure is logged, and the next watch tries again.
 */
async function watched(platform: LocalPlatform, told: Told, signal: AbortSignal): Promise<void> {
  try {
    const { started } = await watch(platform, await surroundingsOf(platform));
    if (platform.copies.length > 0) for (const database of Object.keys(platform.config.databases)) await updateCopies(platform, database, signal);
    await Promise.all(started.map(({ database, name }) => told(database, platform.executions.ended(name))));
  } catch (error) {
    platform.log.error(`watching failed: ${reasonOf(error).message}`);
  }
}

/** Starts an execution, unless the slot has one, and returns its end. A failure does not stop the other databases. */
async function begun(platform: LocalPlatform, input: StartInput): Promise<(() => Promise<ExecutionEnd>)[]> {
  try {
    const { executions } = await start(platform, input);
    return executions
      .filter(({ outcome }) => outcome === 'started')
      .map(
        ({ name }) =>
          () =>
            platform.executions.ended(name),
      );
  } catch (error) {
    return [() => Promise.reject(error)];
  }
}

/**
 * Returns a function that is true for an instant that has become due since the last look. A clock that was set back
 * makes none due, and is followed: after one that had been years ahead, schedules must go on.
 */
function newlyDue(): (name: string, due: Date) => boolean {
  const seen = new Map<string, Date>();
  return (name, due) => {
    const before = seen.get(name);
    seen.set(name, due);
    return before === undefined || due > before;
  };
}

async function wasSweptSince({ catalogue }: LocalPlatform, slot: Date): Promise<boolean> {
  const [last] = (await catalogue.audit.list({ subject: 'vault', limit: 1 })).items;
  return last !== undefined && last.at >= slot.toISOString();
}

/** Sweeps. A failure is an incident of its own; backups go on. */
async function sweepOrReport(platform: LocalPlatform): Promise<void> {
  try {
    const { removed, orphans, recorded, missing } = await sweepAndTell(platform, { by: 'scheduler', claimed: false });
    const changed = `${counted(removed, 'file')} removed, ${counted(orphans, 'left-over file')} retired, ${counted(recorded.length, 'backup')} recorded, ${missing.length} missing`;
    if (/[1-9]/.test(changed)) platform.log.info(`cleaned up: ${changed}`);
  } catch (error) {
    platform.log.error(`the clean-up failed: ${reasonOf(error).message}`);
  }
}
