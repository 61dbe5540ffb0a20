import { ConfigurationError } from '../errors.ts';

/** Selection of a part of a list. */
export interface Paging {
  /** The `next` of the part before; without it, the list begins. */
  after?: string | undefined;
  /** Largest number of items. @default 100 */
  limit?: number | undefined;
}

/** Part of a list. Items that come or go between two parts make no other appear twice or not at all. */
export interface Page<Item> {
  items: Item[];
  /** The `after` of the next part; missing at the end of the list. */
  next?: string;
}

/** Size of a part if none is requested. */
export const usualLimit = 100;
/** Size of the parts in which a whole list is read. */
const largest = 500;

/** Yields all items of a list, read part by part. */
export async function* itemsOf<Item>(list: (paging: Paging) => Promise<Page<Item>>, limit = largest): AsyncGenerator<Item, undefined> {
  let after: string | undefined;
  do {
    const { items, next } = await list({ after, limit });
    yield* items;
    after = next;
  } while (after !== undefined);
}

/** Returns all items of a list. */
export async function all<Item>(list: (paging: Paging) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of itemsOf(list)) items.push(item);
  return items;
}

/**
 * Makes a part of the first `limit` of these items; there are more of them if the list goes on. `positionOf` writes an
 * item's place as an `after`.
 */
export function pageOf<Item>(items: Item[], limit: number, positionOf: (item: Item) => string): Page<Item> {
  const part = items.slice(0, limit);
  const last = part.at(-1);
  return { items: part, ...(items.length > limit && last !== undefined && { next: positionOf(last) }) };
}

/** Reads an `after` that is a number. Throws ConfigurationError for any other text. */
export function numberAt(after: string): number {
  if (!/^\d{1,15}$/.test(after)) throw noPlace(after);
  return Number(after);
}

/** Makes the error for an `after` that was no list's `next`. */
export function noPlace(after: string): ConfigurationError {
  return new ConfigurationError(`${JSON.stringify(after)} is no place in this list; give what the part before it has called "next"`);
}
