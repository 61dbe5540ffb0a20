import type { NotedProgress } from '../../catalogue/runs.ts';
import { reasonOf } from '../../errors.ts';
import type { With } from '../../platform.ts';

/** Time between two notes, in milliseconds: the eight hours of a build are some 6000 small writes. */
const betweenNotes = 5000;

/**
 * Notes the progress of a dump in its run, for those who watch from elsewhere. At most one note is on its way, and the
 * dump waits for none but the last. The first that fails is logged and ends the noting: it is no reason to lose a dump.
 * Dispose of it when the dump is over.
 */
export class ProgressNotes implements AsyncDisposable {
  readonly #platform: With<'catalogue'>;
  readonly #run: string;
  readonly #execution: string;
  #noted: number;
  #progress: NotedProgress | undefined;
  #writing: Promise<void> | undefined;
  #isOver = false;

  constructor(platform: With<'catalogue'>, run: string, execution: string) {
    this.#platform = platform;
    this.#run = run;
    this.#execution = execution;
    this.#noted = platform.clock.now().getTime();
  }

  note({ step, bytes, total }: Pick<NotedProgress, 'step' | 'bytes' | 'total'>): void {
    const now = this.#platform.clock.now();
    const at = now.toISOString();
    const begunAt = this.#progress?.step === step ? this.#progress.begunAt : at;
    this.#progress = { step, bytes, ...(total !== undefined && { total }), begunAt, at };
    if (this.#writing || this.#isOver || now.getTime() - this.#noted < betweenNotes) return;
    this.#noted = now.getTime();
    this.#writing = this.#write(this.#progress).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Notes that the dump is stored: what follows needs time, too. */
  async dumped(bytes: number): Promise<void> {
    await this.#writing;
    const at = this.#platform.clock.now().toISOString();
    await this.#write({ step: 'dumped', bytes, begunAt: at, at });
    this.#isOver = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#writing;
  }

  async #write(progress: NotedProgress): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#platform.catalogue.runs.change(this.#run, this.#execution, (run) => ({ ...run, progress }));
    } catch (error) {
      this.#isOver = true;
      this.#platform.log.warn(`${this.#run}: its progress is not shown any more: ${reasonOf(error).message}`);
    }
  }
}
