import type { With } from '../../platform.ts';
import { type Schedule, scheduleOf } from '../../time/schedule.ts';

/** Instants at which a schedule will act, oldest first, ISO 8601 in UTC. */
export interface Plan {
  /** Database to back up; missing for the clean-up of the vault. */
  database?: string;
  at: string[];
  /** True if there are more than are listed. */
  more: boolean;
}

/** Largest number of instants of one schedule: every hour of a week. */
const most = 7 * 24;

/** Lists what the schedules will do within `days`, by the configuration alone. */
export async function agenda({ clock, config }: With<never>, { days }: { days: number }): Promise<Plan[]> {
  const now = clock.now();
  const until = new Date(now.getTime() + days * 86_400_000);
  const within = (cron: string) => instantsOf(scheduleOf(cron, config.timeZone), now, until);
  return [...Object.entries(config.databases).map(([database, { schedule }]) => ({ database, ...within(schedule) })), within(config.sweep)];
}

function instantsOf(schedule: Schedule, from: Date, until: Date): Pick<Plan, 'at' | 'more'> {
  const at: string[] = [];
  for (let next = schedule.next(from); next <= until; next = schedule.next(next)) {
    if (at.length === most) return { at, more: true };
    at.push(next.toISOString());
  }
  return { at, more: false };
}
