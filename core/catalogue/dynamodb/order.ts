/** Sorts runs and backups, newest first. */
export function newestFirst(one: { slot: string; id: string }, other: { slot: string; id: string }): number {
  if (one.slot !== other.slot) return one.slot < other.slot ? 1 : -1;
  return one.id < other.id ? 1 : -1;
}
