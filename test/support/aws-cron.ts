/**
 * Computes instants as EventBridge Scheduler reads cron, by its documentation and not by our code: six fields, `?` in
 * one of the two day fields, Sunday is 1, a missing local time is skipped, a repeated one runs once. Goes through every
 * minute of every local day: slow, and hard to get wrong.
 */
export function instantsOfAwsCrons(expressions: string[], timeZone: string, from: Date, count: number): Date[] {
  const crons = expressions.map(parse);
  const found: Date[] = [];
  for (let day = startOfUtcDay(from) - 86_400_000; found.length < count + 100; day += 86_400_000) {
    if (day > from.getTime() + 220 * 366 * 86_400_000) break;
    const { year, month, date, weekday } = partsOf(day);
    const today = crons.filter(
      (cron) => cron.months.has(month) && (cron.dates === undefined || cron.dates.has(date)) && (cron.weekdays === undefined || cron.weekdays.has(weekday)),
    );
    const minutes = new Set(today.flatMap((cron) => [...cron.hours].flatMap((hour) => [...cron.minutes].map((minute) => hour * 60 + minute))));
    for (const minute of [...minutes].sort((one, other) => one - other)) {
      const instant = instantOf(Date.UTC(year, month - 1, date, 0, minute), timeZone);
      if (instant && instant > from) found.push(instant);
    }
  }
  return found.slice(0, count);
}

function parse(expression: string) {
  const [minutes, hours, dates, months, weekdays, year, ...more] = /^cron\((.*)\)$/.exec(expression)?.[1]?.split(' ') ?? [];
  if (year !== '*' || more.length > 0) throw new Error(`six fields are expected: ${expression}`);
  if ((dates === '?') === (weekdays === '?')) throw new Error(`exactly one of the day fields must be "?": ${expression}`);
  return {
    minutes: numbers(minutes, 0, 59),
    hours: numbers(hours, 0, 23),
    dates: dates === '?' ? undefined : numbers(dates, 1, 31),
    months: numbers(months, 1, 12),
    weekdays: weekdays === '?' ? undefined : numbers(weekdays, 1, 7),
  };
}

function numbers(field: string | undefined, least: number, most: number): Set<number> {
  const found = new Set<number>();
  for (const part of (field === '*' ? `${least}-${most}` : (field ?? '')).split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    const [from, to] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (!range || from < least || to > most || from > to) throw new Error(`not a value of EventBridge Scheduler: ${field}`);
    for (let value = from; value <= to; value++) found.add(value);
  }
  return found;
}

function startOfUtcDay(at: Date): number {
  return Math.floor(at.getTime() / 86_400_000) * 86_400_000;
}

function partsOf(day: number) {
  const at = new Date(day);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate(), weekday: at.getUTCDay() + 1 };
}

/**
 * Finds the first instant at which clocks of the zone show this local time (given as if it were UTC); undefined if they
 * never do.
 */
function instantOf(local: number, timeZone: string): Date | undefined {
  const candidates = [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12].map(
    (hours) => local - hours * 3_600_000,
  );
  const shown = candidates.find((candidate) => localOf(candidate, timeZone) === local);
  return shown === undefined ? undefined : new Date(shown);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function localOf(instant: number, timeZone: string): number {
  if (timeZone === 'UTC') return instant;
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' });
  clocks.set(timeZone, clock);
  const parts = Object.fromEntries(clock.formatToParts(new Date(instant)).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute);
}
