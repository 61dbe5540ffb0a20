import type { Config } from '../core/config/config.ts';
import { scheduleOf } from '../core/time/schedule.ts';

const hour = 3_600_000;
/** Step of the search, in milliseconds: longer pauses are found, shorter ones count as this long. */
const step = 6 * hour;

/**
 * Returns the longest time in a year, in whole hours, in which no database is due: at most the longest pause of the
 * database that is backed up most often. Uses a fixed year, so that a synth does not depend on its day.
 */
export function longestPause({ databases, timeZone }: Pick<Config, 'databases' | 'timeZone'>): number {
  return Math.min(...[...new Set(Object.values(databases).map(({ schedule }) => schedule))].map((schedule) => pauseOf(schedule, timeZone)));
}

/** Pauses by their schedules, which most stacks of an app share: a search takes a tenth of a second. */
const known = new Map<string, number>();

function pauseOf(expression: string, timeZone: string): number {
  const key = `${expression} ${timeZone}`;
  const pause = known.get(key) ?? searched(expression, timeZone);
  known.set(key, pause);
  return pause;
}

function searched(expression: string, timeZone: string): number {
  const schedule = scheduleOf(expression, timeZone);
  let longest = step;
  const end = Date.UTC(2028, 0, 1);
  for (let at = Date.UTC(2027, 0, 1); at < end; at += step) {
    const next = schedule.next(new Date(at));
    longest = Math.max(longest, next.getTime() - schedule.due(new Date(at)).getTime());
    if (next.getTime() > at + step) at = Math.floor((next.getTime() - at) / step) * step + at - step; // nothing happens before it
  }
  return Math.ceil(longest / hour);
}
