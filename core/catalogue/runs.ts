import type { DumpOutput } from '../documents/dump-output.ts';
import { DatabaseBusyError, type ErrorName, InterruptedError } from '../errors.ts';
import type { Kind } from '../names.ts';
import type { Failure } from '../workflow/execution.ts';
import type { Page, Paging } from './page.ts';

/** Outcome of a dump that ran on CodeBuild: the stored objects, or the final failure. */
export type DumpOutcome = { dump: DumpOutput } | { failure: Failure };

/** Progress of a dump, noted in its run every few seconds for those who watch from elsewhere. Instants are ISO 8601. */
export interface NotedProgress {
  /** `dumped`: the dump is over, and the run goes on. */
  step: 'copy' | 'dump' | 'dumped';
  /** Bytes before compression; `total` is missing if it cannot be known. */
  bytes: number;
  total?: number;
  begunAt: string;
  at: string;
}

/** An attempt to dump. Without seconds it lasts, or was cut off without a word. */
export interface Attempt {
  startedAt: string;
  /** Duration, once it has ended. */
  seconds?: number;
  error?: Run['error'];
}

/** One execution of the workflow for one database and slot. Instants are ISO 8601 in UTC. */
export interface Run {
  id: string;
  database: string;
  slot: string;
  kind: Kind;
  requestedBy: string;
  /** As an author's `claimed` in the audit log; missing in runs from before. */
  claimed?: boolean | undefined;
  /** Execution that works on it; tells a retry of one execution from a repetition of the slot. */
  execution: string;
  status: 'running' | 'succeeded' | 'failed';
  startedAt: string;
  /** Number of dumps that were begun. */
  attempts: number;
  /** The last of them, oldest first; missing in runs from before. */
  dumps?: Attempt[];
  /** Set while the run lasts, once there is something to note. */
  progress?: NotedProgress;
  /** Set if the dump ran on the larger compute. */
  dumped?: DumpOutcome;
  /** True if the proof was made, or tried last, on the larger compute. */
  provenOnBuild?: boolean;
  endedAt?: string;
  /** Reason of the failure. */
  error?: { name: ErrorName | string; message: string };
}

export type RunOutcome = { status: 'succeeded'; provenOnBuild?: boolean } | { status: 'failed'; error: { name: string; message: string } };

/** Run that may touch a database, and the end of its right (ISO 8601 in UTC). */
export interface Lease {
  run: string;
  ends: string;
}

export interface OpenOptions {
  leaseEnds: Date;
  now: Date;
  again: boolean;
}

export interface Opened {
  opened: boolean;
  run: Run;
}

/** Selection of runs; newest slot first. */
export interface RunQuery extends Paging {
  database?: string | undefined;
  status?: Run['status'] | undefined;
}

/** Runs, and the lease that lets one of them at a time touch a database. */
export interface Runs {
  /**
   * Creates the run and takes its database's lease until `leaseEnds`, in one step. If the run exists: for the same
   * execution → opened (idempotent); running or succeeded → not opened; failed → opened only with `again`, its attempts
   * kept. Throws DatabaseBusyError, which is retryable, while another run holds an unexpired lease.
   */
  open(run: Run, options: OpenOptions): Promise<Opened>;
  /**
   * Replaces the run by the result of `change`, which is called again if another writer came between, and returns it.
   * Throws InterruptedError if the run is no longer running, or if another execution has taken it over.
   */
  change(id: string, execution: string, change: (run: Run) => Run): Promise<Run>;
  /**
   * Ends the run and frees its lease; a run that was never opened is recorded as ended. Returns false, and changes
   * nothing, if it has ended before or another execution has taken it over.
   */
  end(run: Run, outcome: RunOutcome, now: Date): Promise<boolean>;
  get(id: string): Promise<Run | undefined>;
  list(query: RunQuery): Promise<Page<Run>>;
}

/**
 * Decides whether a run opens, by the run that its slot has and by the holder of its database's lease. If the answer
 * comes with a lease, that and the run must be stored in one step; otherwise nothing. Throws DatabaseBusyError while
 * another run's lease lasts.
 */
export function opening(run: Run, there: Run | undefined, held: Lease | undefined, { leaseEnds, now, again }: OpenOptions): { answer: Opened; lease?: Lease } {
  if (there && isWorkedOn(there, run.execution)) return { answer: { opened: true, run: there } };
  if (there && (there.status !== 'failed' || !again)) return { answer: { opened: false, run: there } };
  if (held && held.run !== run.id && held.ends > now.toISOString())
    throw new DatabaseBusyError(`database ${run.database} is being backed up by run ${held.run}; ${run.id} waits for it`);
  return {
    answer: { opened: true, run: { ...run, attempts: there?.attempts ?? 0, ...(there?.dumps && { dumps: there.dumps }) } },
    lease: { run: run.id, ends: leaseEnds.toISOString() },
  };
}

/**
 * Returns the run, for the execution that works on it. Throws InterruptedError if it has ended, another execution has
 * taken it over, or it was never opened.
 */
export function workedOn(id: string, there: Run | undefined, execution: string): Run {
  if (there && isWorkedOn(there, execution)) return there;
  throw new InterruptedError(`run ${id} is ${there?.status ?? 'unknown'}: it was settled or taken over meanwhile`);
}

/**
 * Returns the run to store when it ends, whether or not it was opened; undefined if it has ended before or another
 * execution has taken it over.
 */
export function ending(run: Run, there: Run | undefined, outcome: RunOutcome, now: Date): Run | undefined {
  const { progress: _, ...last } = there ?? run;
  return isWorkedOn(last, run.execution) ? { ...last, ...outcome, endedAt: now.toISOString() } : undefined;
}

function isWorkedOn(run: Run, execution: string): boolean {
  return run.status === 'running' && run.execution === execution;
}
