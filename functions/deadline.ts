import { endOf, OutOfTimeError } from '../core/errors.ts';

/**
 * Longest time for stopping, in milliseconds: ending programs, aborting an upload, writing the log. A short function
 * uses a tenth of its time.
 */
const mostForStopping = 30_000;

/** End of a function's time. */
export interface Deadline extends Disposable {
  /** Fires while there is time to stop; its reason is an OutOfTimeError. */
  signal: AbortSignal;
  /**
   * Rejects with the same reason shortly before the function would be cut off. Nobody waits for work that has not
   * stopped by then.
   */
  passed: Promise<never>;
}

/** Sets a deadline. `remaining` is in milliseconds; `whose` names the time's owner in the message. */
export function deadlineIn(remaining: number, whose = 'function'): Deadline {
  const stopping = Math.min(mostForStopping, remaining / 10);
  const controller = new AbortController();
  const reason = new OutOfTimeError(`the ${whose}'s time was up ${Math.round((remaining - stopping) / 1000)} s after it began, before the work was done`);
  const first = setTimeout(() => controller.abort(reason), remaining - stopping);
  const { promise: passed, reject } = Promise.withResolvers<never>();
  passed.catch(() => undefined); // mostly nobody waits for it any more
  const last = setTimeout(() => reject(reason), remaining - stopping / 5);
  return {
    signal: controller.signal,
    passed,
    [Symbol.dispose]: () => {
      clearTimeout(first);
      clearTimeout(last);
    },
  };
}

/**
 * Waits for work that has been given the deadline's signal. Throws its error, which is the deadline's once that has
 * fired, unless the error explains it (`endOf`). With `stopsFirst` never throws before the work has stopped: work that
 * does not stop ends with the function's processes, when Lambda ends these.
 */
export async function within<Output>({ passed, signal }: Deadline, work: Promise<Output>, stopsFirst = false): Promise<Output> {
  try {
    return await (stopsFirst ? work : Promise.race([work, passed]));
  } catch (error) {
    throw endOf(error, signal);
  }
}
