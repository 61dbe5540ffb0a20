import { isGood } from '../core/catalogue/backups.ts';
import { all } from '../core/catalogue/page.ts';
import { reasonOf } from '../core/errors.ts';
import { runId } from '../core/names.ts';
import { alertWhatIsDue, endIncident, openIncident } from '../core/operations/keeping/incident.ts';
import { sweep } from '../core/operations/keeping/sweep.ts';
import { type StartInput, start } from '../core/operations/orders/start.ts';
import { type Schedule, scheduleOf } from '../core/time/schedule.ts';
import type { ExecutionEnd } from '../core/workflow/execution.ts';
import type { LocalPlatform } from './platform.ts';

/**
 * Longest sleep between two looks at the clock, in milliseconds: a machine that slept, or a clock that was set, is
 * noticed within this time.
 */
const longestSleepMs = 30_000;
/** Time between two attempts to send mails that could not be sent, in milliseconds. */
const alertEveryMs = 3_600_000;

/** Next backup of a database. */
export interface Upcoming {
  database: string;
  at: Date;
}

export function upcoming({ config, clock }: LocalPlatform): { backups: Upcoming[]; sweep: Date } {
  const next = (cron: string) => scheduleOf(cron, config.timeZone).next(clock.now());
  return { backups: Object.entries(config.databases).map(([database, { schedule }]) => ({ database, at: next(schedule) })), sweep: next(config.sweep) };
}

/** Listener for the executions that the scheduler has started. Must not reject. */
export type Told = (database: string, ended: Promise<ExecutionEnd>) => Promise<void>;

/**
 * Serves every schedule until the signal fires, then stops and settles the executions in progress. First makes up for
 * missed slots: the one that is due, unless a good backup was made since. A clock that is set back starts nothing, and
 * a slot that comes again then has its execution already.
 */
export async function serveSchedules(platform: LocalPlatform, told: Told, signal: AbortSignal): Promise<void> {
  const { clock, config } = platform;
  const underWay = new Set<Promise<void>>();
  const add = (work: Promise<void>) => {
    const counted = work.finally(() => underWay.delete(counted));
    underWay.add(counted);
  };
  const schedules = Object.entries(config.databases).map(([database, { schedule }]) => ({
    database,
    schedule: scheduleOf(schedule, config.timeZone),
    seen: new Date(0),
  }));
  const sweeping = { schedule: scheduleOf(config.sweep, config.timeZone), seen: new Date(0) };
  let alertedAt = 0;
  let starting = true;
  while (!signal.aborted) {
    const now = clock.now();
    for (const each of schedules) {
      const due = advance(each, now);
      if (!due || (starting && !(await isMissed(platform, each.database, due)))) continue;
      const requestedBy = starting ? 'start-up' : 'scheduler';
      for (const ended of await begun(platform, { database: each.database, scheduled: due.toISOString(), again: starting, requestedBy }))
        add(told(each.database, ended()));
    }
    const sweepDue = advance(sweeping, now);
    if (sweepDue && !(starting && (await wasSweptSince(platform, sweepDue)))) add(sweepOrReport(platform));
    if (Math.abs(now.getTime() - alertedAt) >= alertEveryMs) {
      alertedAt = now.getTime();
      await alertWhatIsDue(platform);
    }
    starting = false;
    const next = Math.min(...[...schedules, sweeping].map(({ schedule }) => schedule.next(now).getTime()));
    await clock.sleep(Math.max(0, Math.min(next - clock.now().getTime(), longestSleepMs)), signal).catch(() => undefined); // a signal ends the loop
  }
  await platform.executions.stop(signal.reason);
  await Promise.all(underWay);
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
 * Returns the slot that has become due since the last look. A clock that was set back makes none due, and is followed:
 * after one that had been years ahead, schedules must go on.
 */
function advance(each: { schedule: Schedule; seen: Date }, now: Date): Date | undefined {
  const due = each.schedule.due(now);
  const later = due > each.seen;
  each.seen = due;
  return later ? due : undefined;
}

async function isMissed({ catalogue }: LocalPlatform, database: string, slot: Date): Promise<boolean> {
  const run = await catalogue.runs.get(runId(database, slot, 'scheduled'));
  if (run?.status === 'succeeded') return false;
  return !(await all((page) => catalogue.backups.list({ database, ...page }))).some((backup) => isGood(backup) && backup.publishedAt >= slot.toISOString());
}

async function wasSweptSince({ catalogue }: LocalPlatform, slot: Date): Promise<boolean> {
  const [last] = (await catalogue.audit.list({ subject: 'vault', limit: 1 })).items;
  return last !== undefined && last.at >= slot.toISOString();
}

/** Sweeps. A failure is an incident of its own; backups go on. */
async function sweepOrReport(platform: LocalPlatform): Promise<void> {
  try {
    const { removed, orphans, recorded, missing } = await sweep(platform, { by: 'scheduler' });
    const changed = `${removed} files removed, ${orphans} left-over files retired, ${recorded.length} backups recorded, ${missing.length} missing`;
    if (/[1-9]/.test(changed)) platform.log.info(`cleaned up: ${changed}`);
    await endIncident(platform, 'vault', 'sweep-failed');
  } catch (error) {
    platform.log.error(`the clean-up failed: ${reasonOf(error).message}`);
    await openIncident(platform, { database: 'vault', kind: 'sweep-failed', subject: platform.clock.now().toISOString(), error: reasonOf(error) });
  }
}
