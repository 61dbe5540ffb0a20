import type { ExecutionEnd } from './execution.ts';
import type { BackupRequest } from './request.ts';

/** Outcome of an execution, and its error if it has one. */
export type Ended = Pick<ExecutionEnd, 'status' | 'error' | 'cause'>;

/** Executions of a workflow: that of backups, or one for an order. */
export interface Executions<Request = BackupRequest> {
  /**
   * Starts an execution of the workflow. A name is used once: if an execution has or had it, nothing is started, and
   * the result is `exists`. Retryable after any error. (Step Functions returns `started` for one that still runs with
   * the same input.)
   */
  start(name: string, input: Request): Promise<'started' | 'exists'>;
  /**
   * Returns the end of the execution with this id, which its run names; undefined while it runs, and if nothing is
   * known of it. Retryable after any error.
   */
  endOf(id: string): Promise<Ended | undefined>;
}
