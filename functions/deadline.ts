import { OutOfTimeError } from '../core/errors.ts';

/** What stopping takes: ending programs, aborting an upload, telling the log. Of short functions a tenth of their time. Milliseconds. */
const mostForStopping = 30_000;

/** The end of a function's time. */
export interface Deadline extends Disposable {
  /** Fires while there is time to stop; its reason is an OutOfTimeError. */
  signal: AbortSignal;
  /** Rejects with the same reason shortly before the function would be cut off: whoever has not stopped by then is not waited for. */
  passed: Promise<never>;
}

/** `remaining` is in milliseconds; `whose` time it is, is told with it. */
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
