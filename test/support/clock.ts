import type { Clock } from '../../core/time/clock.ts';

/** A clock that a test moves. A sleep moves it too, and takes no time. */
export class TestClock implements Clock {
  /** Lengths of the sleeps, in seconds, in order. */
  readonly slept: number[] = [];
  #now: number;

  constructor(start: string | Date = '2026-11-22T17:00:00Z') {
    this.#now = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  set(instant: string | Date): void {
    this.#now = new Date(instant).getTime();
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(milliseconds / 1000);
    this.#now += milliseconds;
    await new Promise(setImmediate);
    signal?.throwIfAborted();
  }
}

/** A clock that calls a function before each sleep, which may move it or fire a signal. */
export class WatchedClock extends TestClock {
  readonly #beforeSleep: (clock: TestClock) => void;

  constructor(start: string | Date, beforeSleep: (clock: TestClock) => void) {
    super(start);
    this.#beforeSleep = beforeSleep;
  }

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.#beforeSleep(this);
    await super.sleep(milliseconds, signal);
  }
}

/** A clock that stands still: a sleep lasts until its signal fires. */
export class StandingClock extends TestClock {
  override sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(milliseconds / 1000);
    return new Promise((_, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }
}
