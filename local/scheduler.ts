import { isGood } from '../core/catalogue/backups.ts';
import { reasonOf } from '../core/errors.ts';
import { runId } from '../core/names.ts';
import { alertWhatIsDue, endIncident, openIncident } from '../core/operations/keeping/incident.ts';
import { sweep } from '../core/operations/keeping/sweep.ts';
import { type Schedule, scheduleOf } from '../core/time/schedule.ts';
import type { BackupRequest } from '../core/workflow/request.ts';
import type { LocalPlatform } from './platform.ts';

/**
 * Longest sleep between two looks at the clock, in milliseconds: a machine that slept, or a clock that was set, is
 * noticed within this time.
 */
const longestSleepMs = 30_000;
/** Time between two attempts to send mails that could not be sent, in milliseconds. */
const alertEveryMs = 3_600_000;
/** Number of databases that are backed up at once. */
const atOnce = 2;

/** Next backup of a database. */
export interface Upcoming {
  database: string;
  at: Date;
}

export function upcoming({ config, clock }: LocalPlatform): { backups: Upcoming[]; sweep: Date } {
  const next = (cron: string) => scheduleOf(cron, config.timeZone).next(clock.now());
  return { backups: Object.entries(config.databases).map(([database, { schedule }]) => ({ database, at: next(schedule) })), sweep: next(config.sweep) };
}

/**
 * Serves every schedule until the signal fires, then waits for the work in progress. First makes up for missed slots:
 * the one that is due, unless a good backup was made since. A clock that is set back starts nothing, and the workflow
 * ignores a slot that comes again. `backup` must not reject.
 */
export async function serveSchedules(platform: LocalPlatform, backup: (request: BackupRequest) => Promise<void>, signal: AbortSignal): Promise<void> {
  const { clock, config } = platform;
  const line = new Line(atOnce);
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
      const request: BackupRequest = { database: each.database, slot: due.toISOString(), kind: 'scheduled', requestedBy, again: starting };
      line.add(() => backup(request));
    }
    const sweepDue = advance(sweeping, now);
    if (sweepDue && !(starting && (await wasSweptSince(platform, sweepDue)))) line.add(() => sweepOrReport(platform));
    if (Math.abs(now.getTime() - alertedAt) >= alertEveryMs) {
      alertedAt = now.getTime();
      await alertWhatIsDue(platform);
    }
    starting = false;
    const next = Math.min(...[...schedules, sweeping].map(({ schedule }) => schedule.next(now).getTime()));
    await clock.sleep(Math.max(0, Math.min(next - clock.now().getTime(), longestSleepMs)), signal).catch(() => undefined); // a signal ends the loop
  }
  await line.empty();
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
  return !(await catalogue.backups.list(database)).some((backup) => isGood(backup) && backup.publishedAt >= slot.toISOString());
}

async function wasSweptSince({ catalogue }: LocalPlatform, slot: Date): Promise<boolean> {
  const [last] = await catalogue.audit.list({ subject: 'vault', limit: 1 });
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

/** Runs a number of works at once, and the others in their order. */
class Line {
  readonly #most: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(most: number) {
    this.#most = most;
  }

  add(work: () => Promise<void>): void {
    this.#waiting.push(work);
    this.#fill();
  }

  async empty(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }

  #fill(): void {
    while (this.#running.size < this.#most) {
      const work = this.#waiting.shift();
      if (!work) return;
      const running = work().finally(() => {
        this.#running.delete(running);
        this.#fill();
      });
      this.#running.add(running);
    }
  }
}
