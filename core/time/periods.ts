import { formatOf } from './formats.ts';

/** Local days, weeks, months and years, as texts that are equal within one period. `timeZone` is an IANA name. */

/** Names the local day: `2026-11-22`. */
export function dayOf(instant: Date, timeZone: string): string {
  const parts = formatOf('en', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', calendar: 'iso8601' }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** Names the local week by its Monday, so that the turn of a year cuts no week. */
export function weekOf(instant: Date, timeZone: string): string {
  const day = new Date(`${dayOf(instant, timeZone)}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}

export function monthOf(instant: Date, timeZone: string): string {
  return dayOf(instant, timeZone).slice(0, 7);
}

export function yearOf(instant: Date, timeZone: string): string {
  return dayOf(instant, timeZone).slice(0, 4);
}
