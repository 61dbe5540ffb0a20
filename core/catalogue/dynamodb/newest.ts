import { idsUpTo, newestFirst, placeAt, positionOf } from '../order.ts';
import { type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import type { Item } from './table.ts';

/** Query of a database's partition, whose sort keys are ids, for its share of a page. */
export interface Part {
  newestFirst: true;
  before: string | undefined;
  limit: number;
}

/** Makes a page of runs or backups: each partition gives as many as the page can take, and the newest are the page. */
export async function newestOf<Record extends { slot: string; id: string }>(
  { after, limit = usualLimit }: Paging,
  ask: (part: (database: string) => Part) => Promise<Item<Record>[]>,
): Promise<Page<Record>> {
  const place = after === undefined ? undefined : placeAt(after);
  // one more says whether the list goes on, and two of the slot at which the part before ended may have been in it
  const most = limit + 1 + (place ? 2 : 0);
  const items = await ask((database) => ({ newestFirst: true, before: place && idsUpTo(place, database), limit: most }));
  const following = items.map(({ record }) => record).filter((record) => !place || newestFirst(place, record) < 0);
  return pageOf(following.sort(newestFirst), limit, positionOf);
}
