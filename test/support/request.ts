/** Makes a request at an instant: a scheduled run of `main`. */
export function request(slot: string, database = 'main') {
  return { database, slot, kind: 'scheduled', requestedBy: 'test', again: false } as const;
}
