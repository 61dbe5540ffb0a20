import type { Config } from '../config/config.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** Instant for which a database's schedule asks for a backup. */
export interface Slot {
  database: string;
  at: Date;
}

/** Slots of all configured databases, in the order of the configuration. */
export interface Slots {
  /** Returns the latest slot of each database that should have run by `now`. */
  due(now: Date): Slot[];
  /** Returns the first slot of each database after `now`. */
  next(now: Date): Slot[];
}

/** Slots by their configuration, whose expressions are read once. */
const known = new WeakMap<object, Slots>();

export function slotsOf(config: Pick<Config, 'databases' | 'timeZone'>): Slots {
  const slots = known.get(config) ?? made(config);
  known.set(config, slots);
  return slots;
}

/** Most databases of a deployment share their expression: its instants are found once for all of them. */
function made({ databases, timeZone }: Pick<Config, 'databases' | 'timeZone'>): Slots {
  const expressions = Object.entries(databases).map(([database, { schedule }]) => ({ database, expression: schedule }));
  const schedules = new Map(expressions.map(({ expression }) => [expression, scheduleOf(expression, timeZone)]));
  const each = (instant: (schedule: Schedule) => Date) => {
    const instants = new Map([...schedules].map(([expression, schedule]) => [expression, instant(schedule)]));
    return expressions.map(({ database, expression }) => ({ database, at: instants.get(expression) as Date }));
  };
  return { due: (now) => each((schedule) => schedule.due(now)), next: (now) => each((schedule) => schedule.next(now)) };
}

/** Facts by which a slot is judged; those left out speak against it. */
export interface Evidence {
  /** Newest good backup of the database. */
  lastGood?: { startedAt: string } | undefined;
  /** Run of the slot. */
  run?: { status: string } | undefined;
}

/**
 * Returns true if the slot was served: a good backup holds data of the slot or newer, whatever slot it was made for, or
 * the slot's run succeeded, though its backup may count no more.
 */
export function isServed({ at }: Pick<Slot, 'at'>, { lastGood, run }: Evidence): boolean {
  return run?.status === 'succeeded' || (lastGood !== undefined && Date.parse(lastGood.startedAt) >= at.getTime());
}
