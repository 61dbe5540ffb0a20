import { stampOf } from '../names.ts';
import { noPlace } from './page.ts';

/** Runs and backups are listed by slot, the newest first, and those of one slot by id. */
interface Place {
  slot: string;
  id: string;
}

export function newestFirst(one: Place, other: Place): number {
  if (one.slot !== other.slot) return one.slot < other.slot ? 1 : -1;
  return one.id < other.id ? 1 : -1;
}

/** A place in such a list as a text, for `after`. */
export function positionOf({ slot, id }: Place): string {
  return `${slot} ${id}`;
}

/** Throws a ConfigurationError for a text that `positionOf` did not make. */
export function placeAt(position: string): Place {
  const [, slot, id] = /^(\d{4}-[\dT:.-]+Z) (\S+)$/.exec(position) ?? [];
  if (slot === undefined || id === undefined || Number.isNaN(Date.parse(slot))) throw noPlace(position);
  return { slot, id };
}

/** Every id of this database with the slot of `place` or an earlier one is less than this text: an id is made of the slot's stamp and perhaps `_manual`. */
export function idsUpTo({ slot }: Place, database: string): string {
  return `${database}-${stampOf(new Date(slot))}_~`;
}
