import type { BackupRequest } from './request.ts';

/** Where the workflow runs. */
export interface Executions {
  /**
   * Starts an execution of the workflow. A name is used once: what runs or has run under it is not started again, and that is `exists`. May be repeated after any error.
   * (Step Functions says `started` of one that still runs with the same input.)
   */
  start(name: string, input: BackupRequest): Promise<'started' | 'exists'>;
}
