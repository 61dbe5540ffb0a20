import type { BackupRequest } from './request.ts';

/** Executions of the workflow. */
export interface Executions {
  /**
   * Starts an execution of the workflow. A name is used once: if an execution has or had it, nothing is started, and
   * the result is `exists`. Retryable after any error. (Step Functions returns `started` for one that still runs with
   * the same input.)
   */
  start(name: string, input: BackupRequest): Promise<'started' | 'exists'>;
}
