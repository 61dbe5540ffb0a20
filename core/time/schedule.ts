import { Cron } from 'croner';
import { counted } from '../figures.ts';
import { formatOf } from './formats.ts';

/** Instants of a five-field cron expression in an IANA time zone. */
export interface Schedule {
  /** Returns the first instant after `from`. */
  next(from: Date): Date;
  /** Returns the last instant that is not after `at`: the slot that is due. */
  due(at: Date): Date;
}

/** The five fields in their order. The last two may be given by names. */
const fields = [
  { name: 'minute', least: 0, most: 59, names: '' },
  { name: 'hour', least: 0, most: 23, names: '' },
  { name: 'day of the month', least: 1, most: 31, names: '' },
  { name: 'month', least: 1, most: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec' },
  { name: 'day of the week', least: 0, most: 7, names: 'sun mon tue wed thu fri sat' },
];
/** The part of cron that EventBridge Scheduler and we read alike: numbers, names, `*`, lists, ranges and steps. */
const syntax = /^(\*|[a-z0-9]+(-[a-z0-9]+)?)(\/\d+)?(,(\*|[a-z0-9]+(-[a-z0-9]+)?)(\/\d+)?)*$/i;

/** Describes the mistake in a cron expression; undefined if it has none. */
export function mistakeInCron(expression: string): string | undefined {
  const values = expression.split(/\s+/).filter((value) => value !== '');
  if (values.length !== fields.length) return `has ${counted(values.length, 'field')} instead of 5`;
  const mistake = fields.map((field, index) => mistakeInField(field, values[index] ?? '')).find((each) => each !== undefined);
  if (mistake) return mistake;
  try {
    return cron(expression, 'UTC').nextRun() === null ? 'names a day that never comes' : undefined;
  } catch (error) {
    return `is impossible: ${(error as Error).message.replace(/^CronPattern: /, '')}`;
  }
}

function mistakeInField({ name, least, most, names }: (typeof fields)[number], value: string): string | undefined {
  const parts = value.split(/[,/-]/).filter((part) => part !== '*');
  const words = parts.filter((part) => !/^\d+$/.test(part));
  if (!syntax.test(value) || words.some((word) => !names.split(' ').includes(word.toLowerCase())))
    return `has the ${name} "${value}", which is not made of numbers, ${names && 'names, '}"*", lists, ranges or steps`;
  const limits = value.replaceAll(/\/\d+/g, '').match(/\d+/g) ?? [];
  const outside = limits.find((limit) => Number(limit) < least || Number(limit) > most);
  return outside && `has the ${name} ${outside}, which must be ${least} to ${most}`;
}

/**
 * Splits an expression without a mistake into its five fields: as given, the numbers that they stand for in order, and
 * the number of possible values. Sunday is 0.
 */
export function fieldsOf(expression: string): { given: string; values: number[]; all: number }[] {
  const given = expression.split(/\s+/).filter((value) => value !== '');
  return fields.map((field, index) => {
    const most = field.name === 'day of the week' ? 6 : field.most;
    const values = (given[index] ?? '*').split(',').flatMap((part) => numbersOf(part, field));
    const folded = values.map((value) => (value > most ? field.least : value));
    return { given: given[index] ?? '*', values: [...new Set(folded)].sort((one, other) => one - other), all: most - field.least + 1 };
  });
}

/** Expands `*`, `5`, `mon-fri` or `10-30/5`. */
function numbersOf(part: string, { least, most, names }: (typeof fields)[number]): number[] {
  const [range = '', step = '1'] = part.split('/');
  const [from, to] = range === '*' ? [least, most] : range.split('-').map((word) => numberOf(word, least, names));
  const last = to === 0 && from !== 0 ? 7 : (to ?? from ?? most); // fri-sun
  const numbers: number[] = [];
  for (let value = from ?? least; value <= last; value += Number(step)) numbers.push(value);
  return numbers;
}

/** Converts a word: a name stands for its place in the list. */
function numberOf(word: string, least: number, names: string): number {
  return /^\d+$/.test(word) ? Number(word) : names.split(' ').indexOf(word.toLowerCase()) + least;
}

/** Returns true if this runtime knows the IANA time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[a-z]/i.test(name); // offsets such as +02:00 have no summer time, and EventBridge Scheduler refuses them
  } catch {
    return false; // Intl refuses by a RangeError
  }
}

/**
 * Makes a schedule. A local time that the spring change skips fires when the clock has jumped (03:00 for 02:30); one
 * that the autumn change repeats fires once. `expression` must have no mistake (see `mistakeInCron`).
 */
export function scheduleOf(expression: string, timeZone: string): Schedule {
  const pattern = cron(expression, timeZone);
  // between two slots the answers are the same, and a clock is looked at far more often than a slot comes
  let [coming, served]: { from: Date; next: Date }[] = [];
  const next = (from: Date) => {
    if (!coming || from < coming.from || from >= coming.next) coming = { from, next: required(pattern.nextRun(from), expression) };
    return new Date(coming.next);
  };
  const due = (at: Date) => {
    if (!served || at < served.from || at >= served.next) {
      const afterwards = new Date(Math.floor(at.getTime() / 1000) * 1000 + 1000);
      served = { from: required(pattern.previousRuns(1, afterwards)[0], expression), next: next(at) };
    }
    return new Date(served.from);
  };
  return { next, due };
}

/** Minutes and hours by their expressions, of which there are few: watch asks for them every hour. */
const known = new Map<string, ReturnType<typeof fieldsOf>>();

/**
 * Returns true if an instant of a schedule stands for a local time that the change to summer time skips: a clock then
 * shows another time than the expression names.
 */
export function isMoved(expression: string, timeZone: string, instant: Date): boolean {
  const parts = formatOf('en', { timeZone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' }).formatToParts(instant);
  const shown = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  const [minutes, hours] = known.get(expression) ?? fieldsOf(expression);
  if (minutes && hours) known.set(expression, [minutes, hours]);
  return !minutes?.values.includes(shown('minute')) || !hours?.values.includes(shown('hour'));
}

function cron(expression: string, timezone: string): Cron {
  return new Cron(expression, { timezone, mode: '5-part', paused: true });
}

function required(instant: Date | null | undefined, expression: string): Date {
  if (!instant) throw new RangeError(`cron "${expression}" never fires`);
  return instant;
}
