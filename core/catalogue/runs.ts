import type { DumpOutput } from '../documents/dumped.ts';
import type { ErrorName } from '../errors.ts';
import type { Kind } from '../names.ts';
import type { Failure } from '../workflow/execution.ts';
import type { Page, Paging } from './page.ts';

/** What came of a dump that ran apart from the workflow: what it stored, or why it failed for good. */
export type DumpOutcome = { dump: DumpOutput } | { failure: Failure };

/** One execution of the workflow for one database and slot. Instants are ISO 8601 in UTC. */
export interface Run {
  id: string;
  database: string;
  slot: string;
  kind: Kind;
  requestedBy: string;
  /** The execution that works on it: tells a retry of the same execution from a repeat of the same slot. */
  execution: string;
  status: 'running' | 'succeeded' | 'failed';
  startedAt: string;
  /** How often a dump was begun. */
  attempts: number;
  /** Only of a run whose dump ran on the larger compute. */
  dumped?: DumpOutcome;
  endedAt?: string;
  /** Why it failed. */
  error?: { name: ErrorName | string; message: string };
}

export type RunOutcome = { status: 'succeeded' } | { status: 'failed'; error: { name: string; message: string } };

/** Which runs to list; newest slot first. */
export interface RunQuery extends Paging {
  database?: string | undefined;
  status?: Run['status'];
}

/** The runs, and the lease that lets one of them at a time touch a database. */
export interface Runs {
  /**
   * Creates the run and takes its database's lease until `leaseEnds`, in one step. What is already there decides:
   * the same execution again → opened (idempotent); a run of the slot that is running or succeeded → not opened; one that failed → opened only `again`, its attempts kept.
   * While another run holds an unexpired lease: DatabaseBusyError, to be tried again later.
   */
  open(run: Run, options: { leaseEnds: Date; now: Date; again: boolean }): Promise<{ opened: boolean; run: Run }>;
  /** Counts a dump that begins and returns its number, from 1. A run that is not running any more is an InterruptedError. */
  beginAttempt(id: string, execution: string): Promise<number>;
  /** Keeps what came of the dump, in place of what was kept before. A run that is not running any more, or that another execution has taken over, is an InterruptedError. */
  noteDump(id: string, execution: string, outcome: DumpOutcome): Promise<void>;
  /**
   * Ends the run and frees its lease; a run that was never opened is recorded as ended. Returns false, and changes nothing, when it has ended before or another execution has taken it over.
   */
  end(run: Run, outcome: RunOutcome, now: Date): Promise<boolean>;
  get(id: string): Promise<Run | undefined>;
  list(query: RunQuery): Promise<Page<Run>>;
}
