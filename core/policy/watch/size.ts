import type { Backup } from '../../catalogue/backups.ts';
import type { Judgement } from './judgement.ts';

/** Smallest dump, in bytes before compression, that needs no explanation. */
const usualMinimum = 1_000_000;
/** Factors of the median beyond which a dump is unusual. */
const [least, most] = [1 / 2, 3];
/** Number of dumps from which a median tells anything. */
const enough = 3;

/**
 * Judges the newest dump by its size, given good backups, newest first. A size that the backup before had already is
 * acknowledged by that: only a configured minimum goes on to be broken.
 */
export function judgeSize(good: readonly Backup[], minimum: number | undefined): Judgement {
  const [newest, ...before] = good;
  if (!newest) return false;
  const details = { backup: newest.id, bytes: newest.bytes };
  if (minimum !== undefined && newest.bytes < minimum) return { ...details, because: 'minimum', bound: minimum };
  const [last] = before;
  if (!last) return newest.rows === 0 && { ...details, because: 'empty', bound: 0 };
  if (minimum === undefined && newest.bytes < usualMinimum && last.bytes >= usualMinimum) return { ...details, because: 'minimum', bound: usualMinimum };
  if (before.length < enough) return false;
  const median = medianOf(before.map(({ bytes }) => bytes));
  const isFar = (bytes: number) => bytes < least * median || bytes > most * median;
  return isFar(newest.bytes) && !isFar(last.bytes) && { ...details, because: newest.bytes < median ? 'smaller' : 'larger', bound: median };
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
