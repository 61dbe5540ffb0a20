import type { Attempt, NotedProgress, Run } from '../../catalogue/runs.ts';
import { reasonOf } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { secondsSince } from '../../time/elapsed.ts';

/** Time between two notes of progress, in milliseconds: the eight hours of a build are some 6000 small writes. */
const betweenNotes = 5000;

/** Number of attempts that a run remembers; the last ones tell enough. */
const mostAttempts = 10;

/**
 * Notes an attempt to dump in its run: its progress, for those who watch from elsewhere, and how it ended. At most one
 * note is on its way, and the dump waits for none but the last. The first that fails is logged and ends the noting: it
 * is no reason to lose a dump.
 */
export class AttemptNotes {
  readonly #platform: With<'catalogue'>;
  readonly #run: string;
  readonly #execution: string;
  readonly #begun = performance.now();
  #noted: number;
  #progress: NotedProgress | undefined;
  #writing: Promise<void> | undefined;
  #isOver = false;

  private constructor(platform: With<'catalogue'>, run: string, execution: string) {
    this.#platform = platform;
    this.#run = run;
    this.#execution = execution;
    this.#noted = platform.clock.now().getTime();
  }

  /**
   * Counts an attempt that begins, and returns its number, from 1. Throws InterruptedError if the run is no longer
   * running.
   */
  static async begin(platform: With<'catalogue'>, run: string, execution: string): Promise<{ attempt: number; notes: AttemptNotes }> {
    const notes = new AttemptNotes(platform, run, execution);
    const startedAt = platform.clock.now().toISOString();
    const { attempts } = await platform.catalogue.runs.change(run, execution, ({ progress: _, ...there }) => ({
      ...there,
      attempts: there.attempts + 1,
      dumps: [...(there.dumps ?? []), { startedAt }].slice(-mostAttempts),
    }));
    return { attempt: attempts, notes };
  }

  progress({ step, bytes, total }: Pick<NotedProgress, 'step' | 'bytes' | 'total'>): void {
    const now = this.#platform.clock.now();
    const at = now.toISOString();
    const begunAt = this.#progress?.step === step ? this.#progress.begunAt : at;
    const progress = { step, bytes, ...(total !== undefined && { total }), begunAt, at };
    this.#progress = progress;
    if (this.#writing || this.#isOver || now.getTime() - this.#noted < betweenNotes) return;
    this.#noted = now.getTime();
    this.#writing = this.#write((run) => ({ ...run, progress })).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Notes that the dump is stored: what follows needs time, too. */
  async dumped(bytes: number): Promise<void> {
    const at = this.#platform.clock.now().toISOString();
    await this.#end({}, { progress: { step: 'dumped', bytes, begunAt: at, at } });
  }

  /** Notes why the attempt failed. */
  async failed(reason: unknown): Promise<void> {
    await this.#end({ error: reasonOf(reason) }, {});
  }

  async #end(ended: Pick<Attempt, 'error'>, more: Pick<Run, 'progress'>): Promise<void> {
    await this.#writing;
    const seconds = secondsSince(this.#begun);
    await this.#write(({ progress: _, dumps = [], ...run }) => ({
      ...run,
      ...more,
      dumps: dumps.map((each, place) => (place === dumps.length - 1 ? { ...each, seconds, ...ended } : each)),
    }));
    this.#isOver = true;
  }

  async #write(change: (run: Run) => Run): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#platform.catalogue.runs.change(this.#run, this.#execution, change);
    } catch (error) {
      this.#isOver = true;
      this.#platform.log.warn(`${this.#run}: nothing more is noted of this attempt: ${reasonOf(error).message}`);
    }
  }
}
