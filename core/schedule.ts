import { Cron } from 'croner';

/** Instants of a five-field cron expression in an IANA time zone. */
export interface Schedule {
  /** The first instant after `from`. */
  next(from: Date): Date;
  /** The last instant that is not after `at`: the slot that is due. */
  due(at: Date): Date;
}

const fieldNames = ['minute', 'hour', 'day of the month', 'month', 'day of the week'];
/** The part of cron that EventBridge Scheduler and we read alike: numbers, names, `*`, lists, ranges and steps. */
const field = /^(\*|[a-z0-9]+(-[a-z0-9]+)?)(\/\d+)?(,(\*|[a-z0-9]+(-[a-z0-9]+)?)(\/\d+)?)*$/i;

/** What is wrong with a cron expression, or undefined when it can be used. */
export function mistakeInCron(expression: string): string | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) return `has ${fields.length} field${fields.length === 1 ? '' : 's'} instead of 5`;
  const odd = fields.findIndex((value) => !field.test(value));
  if (odd >= 0) return `has a ${fieldNames[odd]} that is not numbers, names, "*", lists, ranges or steps: "${fields[odd]}"`;
  try {
    return cron(expression, 'UTC').nextRun() === null ? 'names a day that never comes' : undefined;
  } catch (error) {
    return `is impossible: ${(error as Error).message.replace(/^CronPattern: /, '')}`;
  }
}

/** Whether this runtime knows the IANA time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return !/^[+-]/.test(name); // offsets such as +02:00 know no summer time, and EventBridge Scheduler refuses them
  } catch {
    return false; // RangeError is Intl's way of saying no
  }
}

/**
 * A local time that the spring change skips fires when the clock has jumped (03:00 for 02:30); one that the autumn change repeats fires once.
 * `expression` must have no mistake (see `mistakeInCron`).
 */
export function scheduleOf(expression: string, timeZone: string): Schedule {
  const pattern = cron(expression, timeZone);
  return {
    next: (from) => required(pattern.nextRun(from), expression),
    due: (at) => {
      const afterwards = new Date(Math.floor(at.getTime() / 1000) * 1000 + 1000);
      return required(pattern.previousRuns(1, afterwards)[0], expression);
    },
  };
}

function cron(expression: string, timezone: string): Cron {
  return new Cron(expression, { timezone, mode: '5-part', paused: true });
}

function required(instant: Date | null | undefined, expression: string): Date {
  if (!instant) throw new RangeError(`cron "${expression}" never fires`);
  return instant;
}
