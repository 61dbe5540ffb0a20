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

/** A clock that calls a function before each sleep, which may move it or fire a signal. What works beside it takes no time. */
export class WatchedClock extends TestClock {
  readonly #beforeSleep: (clock: TestClock) => void;

  constructor(start: string | Date, beforeSleep: (clock: TestClock) => void) {
    super(start);
    this.#beforeSleep = beforeSleep;
  }

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await untilQuiet();
    this.#beforeSleep(this);
    await super.sleep(milliseconds, signal);
  }
}

/** Waits until none of this process's calls of the system is under way, and none follows. */
async function untilQuiet(): Promise<void> {
  for (let turns = 0; turns < 3; ) {
    await new Promise(setImmediate);
    turns = process.getActiveResourcesInfo().some((each) => each.includes('Req')) ? 0 : turns + 1;
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

/** A clock of several that sleep at once: whoever sleeps wakes in the order of time, once all the others sleep. */
export class SharedClock implements Clock {
  readonly #sleeping: { until: number; wake: () => void }[] = [];
  #now: number;

  constructor(start: string) {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => void this.#sleeping.push({ until: this.#now + milliseconds, wake }));
  }

  /** Moves on until the work has ended, which waits for nothing but this clock. */
  async until<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    while (true) {
      await new Promise(setImmediate);
      if (ended) return work;
      const first = this.#sleeping.sort((one, other) => one.until - other.until).shift();
      if (!first) throw new Error('nobody sleeps, and the work has not ended');
      this.#now = first.until;
      first.wake();
    }
  }
}
