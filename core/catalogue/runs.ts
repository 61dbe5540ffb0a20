import type { DumpOutput } from '../documents/dumped.ts';
import type { ErrorName } from '../errors.ts';
import type { Kind } from '../names.ts';
import type { Failure } from '../workflow/execution.ts';

/** Outcome of a dump that ran on CodeBuild: the stored objects, or the final failure. */
export type DumpOutcome = { dump: DumpOutput } | { failure: Failure };

/** One execution of the workflow for one database and slot. Instants are ISO 8601 in UTC. */
export interface Run {
  id: string;
  database: string;
  slot: string;
  kind: Kind;
  requestedBy: string;
  /** Execution that works on it; tells a retry of one execution from a repetition of the slot. */
  execution: string;
  status: 'running' | 'succeeded' | 'failed';
  startedAt: string;
  /** Number of dumps that were begun. */
  attempts: number;
  /** Set if the dump ran on the larger compute. */
  dumped?: DumpOutcome;
  endedAt?: string;
  /** Reason of the failure. */
  error?: { name: ErrorName | string; message: string };
}

export type RunOutcome = { status: 'succeeded' } | { status: 'failed'; error: { name: string; message: string } };

/** Selection of runs; newest slot first. */
export interface RunQuery {
  database?: string;
  status?: Run['status'];
  limit?: number;
}

/** Runs, and the lease that lets one of them at a time touch a database. */
export interface Runs {
  /**
   * Creates the run and takes its database's lease until `leaseEnds`, in one step. If the run exists: for the same
   * execution → opened (idempotent); running or succeeded → not opened; failed → opened only with `again`, its attempts
   * kept. Throws DatabaseBusyError, which is retryable, while another run holds an unexpired lease.
   */
  open(run: Run, options: { leaseEnds: Date; now: Date; again: boolean }): Promise<{ opened: boolean; run: Run }>;
  /**
   * Counts a dump that begins and returns its number, from 1. Throws InterruptedError if the run is no longer running.
   */
  beginAttempt(id: string, execution: string): Promise<number>;
  /**
   * Notes the outcome of the dump, in place of an earlier one. Throws InterruptedError if the run is no longer running,
   * or if another execution has taken it over.
   */
  noteDump(id: string, execution: string, outcome: DumpOutcome): Promise<void>;
  /**
   * Ends the run and frees its lease; a run that was never opened is recorded as ended. Returns false, and changes
   * nothing, if it has ended before or another execution has taken it over.
   */
  end(run: Run, outcome: RunOutcome, now: Date): Promise<boolean>;
  get(id: string): Promise<Run | undefined>;
  list(query: RunQuery): Promise<Run[]>;
}
