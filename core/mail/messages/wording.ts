import { type Incident, type WatchedKind, watchedKinds } from '../../catalogue/incidents.ts';
import { cards } from '../../engines/cards.ts';
import { type ErrorName, errorNames } from '../../errors.ts';
import { formatOf, numberFormatOf } from '../../time/formats.ts';

/** Formats an instant in the reader's language and zone: `Sunday 22 November 2026 at 02:00 (America/Cayenne)`. */
export function instantIn(locale: string, instant: string, timeZone: string): string {
  return `${formatOf(locale, { dateStyle: 'full', timeStyle: 'short', timeZone }).format(new Date(instant))} (${timeZone})`;
}

/** Formats the two largest units of a time span: `2 days 3 hours`. */
export function spanIn(locale: string, milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  const parts = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first < 0 ? parts.slice(2) : parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([value, unit]) => numberFormatOf(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value)).join(' ');
}

/** Formats a number of bytes, in powers of 1000: `12.4 MB`. */
export function bytesIn(locale: string, bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return numberFormatOf(locale, { style: 'unit', unit: units[power] ?? 'byte', unitDisplay: 'short', maximumSignificantDigits: 3 }).format(
    bytes / 1000 ** power,
  );
}

/** Returns the name of an incident's error. A name from elsewhere counts as unexpected. */
export function errorNameOf({ last: { error } }: Incident): ErrorName {
  return errorNames.find((name) => name === error.name) ?? 'UnexpectedError';
}

/** Returns true for a finding of watch. */
export function isWatched(kind: Incident['kind']): kind is WatchedKind {
  return watchedKinds.some((each) => each === kind);
}

/** Returns the command that saves what it can of a damaged file; `file` is the word for one. */
export function salvage(file: string): string {
  return cards.flatMap((card) => ('salvage' in card ? [card.salvage(file)] : [])).join(' / ');
}
