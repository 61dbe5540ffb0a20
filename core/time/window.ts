import type { Config } from '../config/config.ts';

/** Largest number of databases that begin together, and the window of more, in minutes. */
const [few, minutes] = [5, 15];

/**
 * Returns the minutes within which a database of a stack begins, so that many do not begin in one second; undefined if
 * it begins at its time. EventBridge chooses the moment; the slot stays the scheduled instant. A schedule of more than
 * once an hour has none.
 */
export function windowOf(databases: Config['databases'], schedule: string): number | undefined {
  return Object.keys(databases).length > few && /^\d+ /.test(schedule) ? minutes : undefined;
}
