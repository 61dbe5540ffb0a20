import { reasonOf } from '../core/errors.ts';
import type { LastingOrder, Live } from '../core/operations/orders/home.ts';
import { rateOf } from '../core/operations/orders/live.ts';
import type { Log, Progress } from '../core/platform.ts';

/** Time after which a step that reports nothing is forgotten, in milliseconds. */
const forgottenMs = 600_000;

interface Step {
  progress: Progress;
  /** Begin of the step, of the bytes that pass now, and the last report, as `performance.now()` gives them. */
  begun: number;
  passing: number;
  seen: number;
}

/** Work of this process, watched while it lasts: steps of runs by their progress, and orders on backups. */
export class UnderWay {
  readonly #steps = new Map<string, Step>();
  readonly #orders = new Map<string, { live: Live; begun: number }>();

  /** Makes a log that passes everything on to `log`, and remembers the last progress of each run. */
  watching(log: Log): Log {
    return {
      info: (message, fields) => log.info(message, fields),
      warn: (message, fields) => log.warn(message, fields),
      error: (message, fields) => log.error(message, fields),
      progress: (progress) => {
        this.#note(progress);
        log.progress(progress);
      },
    };
  }

  /** Returns what is known of the work on a run or a backup; undefined if there is none. */
  of(id: string): Live | undefined {
    const now = performance.now();
    const ordered = this.#orders.get(id);
    if (ordered?.live.failed) return ordered.live;
    const step = this.#steps.get(id);
    if (!step || now - step.seen > forgottenMs) return ordered && { ...ordered.live, seconds: (now - ordered.begun) / 1000 };
    const { progress, begun, passing } = step;
    const { bytes, total } = progress;
    return {
      step: progress.step,
      bytes,
      ...(total && { total }),
      seconds: (now - begun) / 1000,
      ...rateOf(bytes, (now - passing) / 1000),
      ...(ordered?.live.order && { order: ordered.live.order }),
    };
  }

  /**
   * Begins an order on a backup in the background. Returns false, and does nothing, if one is under way. Its failure is
   * kept until the next one.
   */
  begin(order: LastingOrder, id: string, work: () => Promise<unknown>): boolean {
    const there = this.#orders.get(id);
    if (there && !there.live.failed) return false;
    const live: Live = { step: order === 'verify' ? 'prove' : 'restore', bytes: 0, seconds: 0, order };
    this.#steps.delete(id);
    const begun = performance.now();
    this.#orders.set(id, { live, begun });
    void work().then(
      () => this.#orders.delete(id),
      (error: unknown) => this.#orders.set(id, { live: { ...live, failed: reasonOf(error) }, begun }),
    );
    return true;
  }

  #note(progress: Progress): void {
    const now = performance.now();
    const before = this.#steps.get(progress.run);
    for (const [id, { seen }] of this.#steps) if (now - seen > forgottenMs) this.#steps.delete(id);
    const there = before?.progress.step === progress.step ? before : undefined;
    const passing = there && there.progress.bytes <= progress.bytes ? there.passing : now;
    this.#steps.set(progress.run, { progress, begun: there?.begun ?? now, passing, seen: now });
  }
}
