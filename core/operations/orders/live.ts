import type { Backup, Ordered } from '../../catalogue/backups.ts';
import type { NotedProgress } from '../../catalogue/runs.ts';
import type { LastingOrder, Live } from './home.ts';
import { isOver } from './taken-down.ts';

/** Makes what is known of a run's work of the progress that was noted in it. */
export function liveOf({ step, bytes, total, begunAt, at }: NotedProgress, now: Date): Live {
  const [seconds, passing] = [now.getTime(), Date.parse(at)].map((until) => Math.max(0, until - Date.parse(begunAt)) / 1000) as [number, number];
  return { step, bytes, ...(total && { total }), seconds, ...rateOf(bytes, passing) };
}

/** Shortest time of which a rate is taken, in seconds. */
const shortest = 0.5;

/** Returns the rate of bytes that have passed in `seconds`, if there is one. */
export function rateOf(bytes: number, seconds: number): Pick<Live, 'rate'> {
  return bytes > 0 && seconds > shortest ? { rate: bytes / seconds } : {};
}

/** Time for which the failure of an order is shown, in milliseconds. */
const shownMs = 86_400_000;

/** Makes what is known of a backup's orders of what was noted in it: of the newest that lasts, or has just failed. */
export function liveOfOrders({ verifying, restoring }: Pick<Backup, 'verifying' | 'restoring'>, now: Date): Live | undefined {
  const orders = [verifying && liveOfOrder('verify', verifying, now), restoring && liveOfOrder('restore', restoring, now)];
  const known = orders.filter((each) => each !== undefined).sort((one, other) => one.seconds - other.seconds);
  return known.find(({ failed }) => !failed) ?? known[0];
}

function liveOfOrder(order: LastingOrder, ordered: Ordered, now: Date): Live | undefined {
  const { endedAt, error, startedAt } = ordered;
  const step = order === 'verify' ? 'prove' : 'restore';
  const seconds = (now.getTime() - Date.parse(startedAt)) / 1000;
  if (!isOver(ordered, now)) return { step, bytes: 0, seconds, order };
  const isFresh = endedAt !== undefined && now.getTime() - Date.parse(endedAt) < shownMs;
  return error && isFresh ? { step, bytes: 0, seconds, order, failed: error } : undefined;
}
