import type * as z from 'zod';

/** Makes a check that nothing is in a list twice. `what` names an item; `keyOf` gives the same for the same. */
export function eachOnce<Item>(what: string, keyOf: (item: Item) => unknown = (item) => item): (list: Item[], context: z.RefinementCtx) => void {
  return (list, context) => {
    const seen = new Set<unknown>();
    for (const [index, each] of list.entries()) {
      if (seen.has(keyOf(each))) context.addIssue({ code: 'custom', path: [index], message: `is in the list already; write each ${what} once` });
      seen.add(keyOf(each));
    }
  };
}
