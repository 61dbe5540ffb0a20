/** Does the work of all items, at most `atOnce` of them at the same time, and returns the results in their order. */
export async function inParts<Item, Result>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += atOnce) results.push(...(await Promise.all(items.slice(first, first + atOnce).map(work))));
  return results;
}
