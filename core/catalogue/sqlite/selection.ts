import type { SQLInputValue } from 'node:sqlite';
import { placeAt } from '../order.ts';

/**
 * Makes the condition of a query from those that have values; an index of what is left can then be used. A condition
 * without a placeholder has an empty list.
 */
export function selection(conditions: Record<string, readonly SQLInputValue[] | undefined>): { where: string; values: SQLInputValue[] } {
  const chosen = Object.entries(conditions).flatMap(([text, values]) => (values ? [{ text, values }] : []));
  return { where: chosen.length > 0 ? `WHERE ${chosen.map(({ text }) => text).join(' AND ')}` : '', values: chosen.flatMap(({ values }) => values) };
}

/** Returns the values of a condition on one; undefined if there is none. */
export function given(value: SQLInputValue | undefined): SQLInputValue[] | undefined {
  return value === undefined ? undefined : [value];
}

/** Returns the condition on what follows a place in a list of runs or backups. */
export function beyond(after: string): Record<string, SQLInputValue[]> {
  const { slot, id } = placeAt(after);
  return { '(slot, id) < (?, ?)': [slot, id] };
}
