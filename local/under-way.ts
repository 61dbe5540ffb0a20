import { reasonOf } from '../core/errors.ts';
import type { Live } from '../core/operations/orders/home.ts';
import type { Log, Progress } from '../core/platform.ts';

/** Time after which a step that reports nothing is forgotten, in milliseconds. */
const forgottenMs = 600_000;

interface Step {
  progress: Progress;
  /** Begin of the step and the last report, as `performance.now()` gives them. */
  begun: number;
  seen: number;
}

/** Work of this process, watched while it lasts: steps of runs by their progress, and proofs on demand. */
export class UnderWay {
  readonly #steps = new Map<string, Step>();
  readonly #proofs = new Map<string, Live>();

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
    const proof = this.#proofs.get(id);
    if (proof?.failed) return proof;
    const step = this.#steps.get(id);
    if (!step || performance.now() - step.seen > forgottenMs) return proof;
    const { progress, begun } = step;
    const { bytes, total } = progress;
    return { step: progress.step, bytes, ...(total && { total }), seconds: (performance.now() - begun) / 1000, onDemand: proof !== undefined };
  }

  /** Begins a proof of a backup in the background, unless one is under way. Its failure is kept until the next one. */
  prove(id: string, work: () => Promise<unknown>): void {
    const there = this.#proofs.get(id);
    if (there && !there.failed) return;
    this.#steps.delete(id);
    this.#proofs.set(id, { step: 'prove', bytes: 0, seconds: 0, onDemand: true });
    void work().then(
      () => this.#proofs.delete(id),
      (error: unknown) => this.#proofs.set(id, { step: 'prove', bytes: 0, seconds: 0, onDemand: true, failed: reasonOf(error) }),
    );
  }

  #note(progress: Progress): void {
    const now = performance.now();
    const before = this.#steps.get(progress.run);
    for (const [id, { seen }] of this.#steps) if (now - seen > forgottenMs) this.#steps.delete(id);
    const isSame = before?.progress.step === progress.step && before.progress.bytes <= progress.bytes;
    this.#steps.set(progress.run, { progress, begun: isSame ? before.begun : now, seen: now });
  }
}
