import type { With } from '../../platform.ts';
import { type Schedule, scheduleOf } from '../../time/schedule.ts';
import { windowOf } from '../../time/window.ts';

/** Instants at which a schedule will act, oldest first, ISO 8601 in UTC. */
export interface Plan {
  /** Database to back up; missing for the clean-up of the vault. */
  database?: string;
  at: string[];
  /** Minutes within which it acts after such an instant; missing if it acts at once. */
  window?: number;
  /** True if there are more than are listed. */
  more: boolean;
}

/** Largest number of instants of one schedule: every hour of a week. */
const most = 7 * 24;

/** Lists what the schedules will do within `days`, by the configuration alone. */
export async function agenda({ clock, config, machine }: With<never>, { days }: { days: number }): Promise<Plan[]> {
  const now = clock.now();
  const until = new Date(now.getTime() + days * 86_400_000);
  const within = (cron: string) => instantsOf(scheduleOf(cron, config.timeZone), now, until);
  return [
    ...Object.entries(config.databases).map(([database, { schedule }]) => ({ database, ...within(schedule), ...windowed({ config, machine }, schedule) })),
    within(config.sweep),
  ];
}

/** Returns the window in which a schedule acts, in minutes. On one machine it acts at its time. */
export function windowed({ config, machine }: Pick<With<never>, 'config' | 'machine'>, schedule: string): { window?: number } {
  const window = machine ? undefined : windowOf(config.databases, schedule);
  return window === undefined ? {} : { window };
}

function instantsOf(schedule: Schedule, from: Date, until: Date): Pick<Plan, 'at' | 'more'> {
  const at: string[] = [];
  for (let next = schedule.next(from); next <= until; next = schedule.next(next)) {
    if (at.length === most) return { at, more: true };
    at.push(next.toISOString());
  }
  return { at, more: false };
}
