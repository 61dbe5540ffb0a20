import { stampOf } from '../names.ts';
import { noPlace } from './page.ts';

/** Place of a run or backup in a list. */
interface Place {
  slot: string;
  id: string;
}

/** Sorts runs and backups, newest slot first; those of one slot by id. */
export function newestFirst(one: Place, other: Place): number {
  if (one.slot !== other.slot) return one.slot < other.slot ? 1 : -1;
  if (one.id === other.id) return 0;
  return one.id < other.id ? 1 : -1;
}

/** Writes a place as an `after`. */
export function positionOf({ slot, id }: Place): string {
  return `${slot} ${id}`;
}

/** Reads an `after`. Throws ConfigurationError for a text that `positionOf` did not write. */
export function placeAt(position: string): Place {
  const [, slot, id] = /^(\d{4}-[\dT:.-]+Z) (\S+)$/.exec(position) ?? [];
  if (slot === undefined || id === undefined || Number.isNaN(Date.parse(slot))) throw noPlace(position);
  return { slot, id };
}

/**
 * Returns a text that is greater than every id of this database with the slot of `place` or an earlier one: an id is
 * the slot's stamp, perhaps with `_manual`.
 */
export function idsUpTo({ slot }: Place, database: string): string {
  return `${database}-${stampOf(new Date(slot))}_~`;
}
