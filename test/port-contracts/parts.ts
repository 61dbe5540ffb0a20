import { expect } from 'vitest';
import type { Page, Paging } from '../../core/catalogue/page.ts';
import { ConfigurationError } from '../../core/errors.ts';

/** Contract of every list of the catalogue for its parts (core/catalogue/page.ts), given the whole list. */
export async function expectParts<Item>(list: (paging: Paging) => Promise<Page<Item>>, whole: Item[]): Promise<void> {
  for (const limit of [2, 3]) {
    const parts: Item[][] = [];
    let after: string | undefined;
    do {
      const page: Page<Item> = await list({ after, limit });
      parts.push(page.items);
      after = page.next;
    } while (after !== undefined && parts.length <= whole.length);
    expect(parts.flat()).toEqual(whole);
    // all full but the last one, and none empty but that of an empty list
    expect(parts.map(({ length }) => length)).toEqual(sizes(whole.length, limit));
  }
  expect(await list({ limit: whole.length || 1 })).toEqual({ items: whole });
  await expect(list({ after: 'what no list has said' })).rejects.toBeInstanceOf(ConfigurationError);
}

function sizes(count: number, limit: number): number[] {
  return count <= limit ? [count] : [limit, ...sizes(count - limit, limit)];
}
