import { ConfigurationError } from '../errors.ts';

/** Which part of a list to give. */
export interface Paging {
  /** The `next` of the part before; without it the list begins. */
  after?: string | undefined;
  /** The most items of this part. @default 100 */
  limit?: number | undefined;
}

/** A part of a list. What comes or goes between two parts makes no other item appear twice or not at all. */
export interface Page<Item> {
  items: Item[];
  /** The `after` of the part that follows; missing when the list has ended. */
  next?: string;
}

export const usualLimit = 100;
/** Parts this large are asked for where a list is read to its end. */
const largest = 500;

/** The items of a list from its beginning to its end, read part by part. */
export async function* itemsOf<Item>(list: (paging: Paging) => Promise<Page<Item>>, limit = largest): AsyncGenerator<Item, undefined> {
  let after: string | undefined;
  do {
    const { items, next } = await list({ after, limit });
    yield* items;
    after = next;
  } while (after !== undefined);
}

export async function all<Item>(list: (paging: Paging) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of itemsOf(list)) items.push(item);
  return items;
}

/** The first `limit` of these items, which are one more where the list goes on; `positionOf` makes the place of an item in the list an `after`. */
export function pageOf<Item>(items: Item[], limit: number, positionOf: (item: Item) => string): Page<Item> {
  const part = items.slice(0, limit);
  const last = part.at(-1);
  return { items: part, ...(items.length > limit && last !== undefined && { next: positionOf(last) }) };
}

/** Of lists whose items are numbered: the number that an `after` is. Throws a ConfigurationError for a text that is none. */
export function numberAt(after: string): number {
  if (!/^\d{1,15}$/.test(after)) throw noPlace(after);
  return Number(after);
}

/** For an `after` that no list has called `next`. */
export function noPlace(after: string): ConfigurationError {
  return new ConfigurationError(`${JSON.stringify(after)} is no place in this list; give what the part before it has called "next"`);
}
