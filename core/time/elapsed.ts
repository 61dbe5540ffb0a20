/** Seconds since `begun`, a `performance.now()` reading, rounded to 1 ms. */
export function secondsSince(begun: number): number {
  return Math.round(performance.now() - begun) / 1000;
}
