import type { Log, Progress } from '../../core/platform.ts';

/** Keeps all messages. */
export class TestLog implements Log {
  readonly lines: string[] = [];
  readonly steps: Progress[] = [];
  /** Called at each progress; a test makes something happen in the middle of a step. */
  onProgress: (progress: Progress) => void = () => undefined;

  info(message: string): void {
    this.lines.push(message);
  }

  warn(message: string): void {
    this.lines.push(`warning: ${message}`);
  }

  error(message: string): void {
    this.lines.push(`error: ${message}`);
  }

  progress(progress: Progress): void {
    this.steps.push(progress);
    this.onProgress(progress);
  }
}
