import { databaseName } from '../core/names.ts';
import type { AuditQuery } from '../core/operations/orders/audit.ts';
import type { SearchInput } from '../core/operations/orders/search.ts';
import type { Words } from './words/words.ts';

type State = keyof Words['selections'];

/** Choice of backups, as an address holds it; what cannot be understood is left out. */
export interface Chosen {
  database?: string;
  state: State;
  kind?: 'scheduled' | 'manual';
  /** Days in the configured zone, both included: `2026-11-22`. */
  from?: string;
  to?: string;
  text?: string;
  after?: string;
}

const meanings: Record<State, Omit<SearchInput, 'after' | 'limit'>> = {
  kept: { status: 'published' },
  good: { status: 'published', verdict: 'proven' },
  unproven: { status: 'published', verdict: 'none' },
  flawed: { status: 'published', verdict: 'flawed' },
  refuted: { verdict: 'refuted' },
  held: { held: true },
  retired: { status: 'retired' },
  missing: { status: 'missing' },
  all: {},
  failed: {},
};

export function chosenIn(query: Record<string, string>): Chosen {
  const { database = '', state = '', kind, from = '', to = '', text = '', after } = query;
  const isDay = (day: string) => /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day));
  return {
    state: Object.hasOwn(meanings, state) ? (state as State) : 'kept',
    ...(databaseName.test(database) && { database }),
    ...((kind === 'scheduled' || kind === 'manual') && { kind }),
    ...(isDay(from) && { from }),
    ...(isDay(to) && { to }),
    ...(text.trim() !== '' && { text: text.trim().slice(0, 80) }),
    ...(after && { after }),
  };
}

/** Choice of entries of the audit log, as an address holds it. */
export interface ChosenEntries extends Pick<Chosen, 'database' | 'from' | 'to' | 'after'> {
  /** Author and subject, as somebody typed them: in the reader's language too. */
  author?: string;
  subject?: string;
}

export function chosenEntriesIn(query: Record<string, string>): ChosenEntries {
  const { state: _, kind: __, text: ___, ...chosen } = chosenIn(query);
  const typed = (name: string) => (query[name] ?? '').trim().slice(0, 200);
  const [author, subject] = [typed('author'), typed('subject')];
  return { ...chosen, ...(author !== '' && { author }), ...(subject !== '' && { subject }) };
}

/** Translates a choice into an order's. */
export function entriesFor({ database, from, to, author, subject, after }: ChosenEntries, { names }: Words, timeZone: string): AuditQuery {
  const named = (text: string) => Object.keys(names).find((name) => names[name]?.toLowerCase() === text.toLowerCase()) ?? text;
  return {
    ...(database && { database }),
    ...(author && { author: named(author) }),
    ...(subject && { subject: named(subject) }),
    ...(from && { since: beginOf(from, timeZone, 0) }),
    ...(to && { until: beginOf(to, timeZone, 1) }),
    ...(after && { after }),
  };
}

/** Translates a choice into an order's. */
export function searchFor({ state, from, to, text, after, ...rest }: Chosen, timeZone: string): SearchInput {
  return {
    ...rest,
    ...meanings[state],
    ...(from && { from: beginOf(from, timeZone, 0) }),
    ...(to && { until: beginOf(to, timeZone, 1) }),
    ...(text && { text }),
    ...(after && { after }),
  };
}

/** Returns the instant at which a local day begins, or the one `later` days after it. */
function beginOf(day: string, timeZone: string, later: number): string {
  const utc = Date.parse(`${day}T00:00:00Z`) + later * 86_400_000;
  // the offset at that instant, taken again at the result: clocks may change in between
  let at = utc;
  for (let look = 0; look < 2; look++) at = utc - offsetAt(at, timeZone);
  return new Date(at).toISOString();
}

/** Offset of a zone from UTC, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(instant)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign, hours, minutes, seconds = '0'] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name ?? '') ?? [];
  if (hours === undefined) return 0;
  return (sign === '-' ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}
