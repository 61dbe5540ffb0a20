import { fieldsOf } from './schedule.ts';

/**
 * Translates a schedule for EventBridge Scheduler: `cron(minutes hours day-of-month month day-of-week year)`, where
 * Sunday is 1 and one of the two day fields must be `?`
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html). If both days are given, our dialect
 * means either, which takes two expressions there. An instant that both name is one slot, and is served once.
 * `expression` must have no mistake (see `mistakeInCron`).
 */
export function awsCronsOf(expression: string): string[] {
  const fields = fieldsOf(expression);
  const [minutes, hours, days, months] = fields.map(({ given, values, all }) => (given === '*' || values.length === all ? '*' : ranges(values)));
  const weekday = fields[4];
  const [givenDays, givenWeekdays] = [fields[2]?.given !== '*', weekday?.given !== '*'];
  const weekdays = ranges((weekday?.values ?? []).map((day) => day + 1));
  return [
    ...(givenDays || !givenWeekdays ? [`cron(${minutes} ${hours} ${days} ${months} ? *)`] : []),
    ...(givenWeekdays ? [`cron(${minutes} ${hours} ? ${months} ${weekdays} *)`] : []),
  ];
}

/** Shortens a list: 1, 2, 3, 7 → `1-3,7`. */
function ranges(values: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last && last[1] === value - 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
