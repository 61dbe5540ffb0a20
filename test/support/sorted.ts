/** Returns the number of keys of a sorted list that are less than this one. */
export function placeOf<Key extends string | number>(key: Key, keys: readonly Key[]): number {
  let [from, to] = [0, keys.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((keys[middle] as Key) < key) from = middle + 1;
    else to = middle;
  }
  return from;
}
