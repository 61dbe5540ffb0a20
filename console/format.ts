import { bytesIn, spanIn } from '../core/mail/messages/wording.ts';
import type { Words } from './words/words.ts';

/** Formats for one reader: a language, and the configured time zone. */
export interface Format {
  bytes(bytes: number): string;
  number(value: number): string;
  /** Two units at most: `3 min 12 s`. */
  seconds(seconds: number): string;
  /** For time that goes on: whole seconds, and whole minutes from ten on. */
  roughly(seconds: number): string;
  /** `22 Nov 2026, 02:00`. */
  moment(instant: string): string;
  /** With seconds. */
  exactly(instant: string): string;
  /** `Sun 22 Nov` of a day's name. */
  day(day: string): string;
  /** `02:00`. */
  time(instant: string): string;
  /** Distance from now in words: `3 hours ago`, `in 2 hours 5 minutes`. */
  age(instant: string, now: string): string;
}

export function formatFor({ locale, ago, inTime, justNow, byte }: Words, timeZone: string): Format {
  const dates = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, ...options });
    return (instant: string) => format.format(new Date(instant));
  };
  const number = new Intl.NumberFormat(locale);
  const rounded = (value: number, digits: number) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  const dayName = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' });
  return {
    bytes: (bytes) => (bytes < 1000 ? `${bytes}\u00a0${byte}` : bytesIn(locale, bytes).replace(' ', '\u00a0')),
    number: (value) => number.format(value),
    seconds: (seconds) => {
      // the signs are international, and the same in both languages
      if (seconds < 60) return `${rounded(seconds, seconds < 1 ? 2 : seconds < 10 ? 1 : 0)}\u00a0s`;
      if (seconds < 3600) return `${Math.floor(seconds / 60)}\u00a0min ${Math.floor(seconds % 60)}\u00a0s`;
      return `${rounded(Math.floor(seconds / 3600), 0)}\u00a0h ${Math.floor((seconds % 3600) / 60)}\u00a0min`;
    },
    roughly: (seconds) => {
      const minutes = Math.floor(seconds / 60);
      if (minutes < 1) return `${Math.round(seconds)}\u00a0s`;
      if (minutes < 60) return `${minutes}\u00a0min${minutes < 10 && seconds % 60 >= 1 ? ` ${Math.floor(seconds % 60)}\u00a0s` : ''}`;
      return `${rounded(Math.floor(minutes / 60), 0)}\u00a0h${minutes % 60 > 0 ? ` ${minutes % 60}\u00a0min` : ''}`;
    },
    moment: dates({ dateStyle: 'medium', timeStyle: 'short' }),
    exactly: dates({ dateStyle: 'medium', timeStyle: 'medium' }),
    day: (day) => dayName.format(new Date(`${day}T00:00:00Z`)),
    time: dates({ timeStyle: 'short' }),
    age: (instant, now) => {
      const passed = Date.parse(now) - Date.parse(instant);
      if (passed >= 0 && passed < 60_000) return justNow;
      return passed >= 0 ? ago(spanIn(locale, atAGlance(passed))) : inTime(spanIn(locale, atAGlance(-passed)));
    },
  };
}

/** Drops from a span, in milliseconds, what nobody needs beside three hours or three days. */
function atAGlance(span: number): number {
  const unit = [86_400_000, 3_600_000].find((each) => span >= 3 * each) ?? 1;
  return Math.floor(span / unit) * unit;
}

/**
 * Shows control characters, and those that turn the direction of writing, as their codes: they could disguise a text.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (character) =>
    character === '\n' || character === '\t' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Returns the end of a window of `minutes` that begins at an instant. */
export function endOfWindow(from: string, minutes: number): string {
  return new Date(Date.parse(from) + minutes * 60_000).toISOString();
}
