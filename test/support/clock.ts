import type { Clock } from '../../core/platform.ts';

/** A clock that a test moves; a sleep moves it too and takes no time. */
export class TestClock implements Clock {
  /** How long each sleep was, in seconds, in order. */
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
