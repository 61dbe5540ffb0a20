import { bytesIn, spanIn } from '../core/mail/messages/wording.ts';
import type { Words } from './words/words.ts';

/** Formats for one reader: a language, and the configured time zone. */
export interface Format {
  bytes(bytes: number): string;
  number(value: number): string;
  /** Two units at most: `3 min 12 s`. */
  seconds(seconds: number): string;
  /** `22 Nov 2026, 02:00`. */
  moment(instant: string): string;
  /** With seconds. */
  exactly(instant: string): string;
  /** `Sun 22 Nov` of a day's name. */
  day(day: string): string;
  /** `02:00`. */
  time(instant: string): string;
  /** Distance from now in words: `3 hours ago`, `in 5 minutes`. */
  age(instant: string, now: string): string;
}

export function formatFor({ locale, ago, inTime }: Words, timeZone: string): Format {
  const dates = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, ...options });
    return (instant: string) => format.format(new Date(instant));
  };
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'narrow', maximumFractionDigits: digits }).format(value);
  const number = new Intl.NumberFormat(locale);
  const dayName = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' });
  return {
    bytes: (bytes) => bytesIn(locale, bytes),
    number: (value) => number.format(value),
    seconds: (seconds) => {
      if (seconds < 60) return unit(seconds, 'second', seconds < 10 ? 1 : 0);
      if (seconds < 3600) return `${unit(Math.floor(seconds / 60), 'minute')} ${unit(Math.floor(seconds % 60), 'second')}`;
      return `${unit(Math.floor(seconds / 3600), 'hour')} ${unit(Math.floor((seconds % 3600) / 60), 'minute')}`;
    },
    moment: dates({ dateStyle: 'medium', timeStyle: 'short' }),
    exactly: dates({ dateStyle: 'medium', timeStyle: 'medium' }),
    day: (day) => dayName.format(new Date(`${day}T00:00:00Z`)),
    time: dates({ timeStyle: 'short' }),
    age: (instant, now) => {
      const passed = Date.parse(now) - Date.parse(instant);
      return passed >= 0 ? ago(spanIn(locale, passed)) : inTime(spanIn(locale, -passed));
    },
  };
}

/** Shows control characters, and those that turn the direction of writing, as their codes: they could disguise a text. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (character) =>
    character === '\n' || character === '\t' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
