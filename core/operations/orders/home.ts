import type { Backup } from '../../catalogue/backups.ts';
import type { NotedProgress, Run } from '../../catalogue/runs.ts';
import type { ErrorName } from '../../errors.ts';
import type { Progress } from '../../platform.ts';
import type { RebuildOutput } from '../keeping/rebuild.ts';
import type { SweepOutput } from '../keeping/sweep.ts';
import type { RestoreToInput } from './declared-target.ts';
import type { Action, Answer, Order } from './orders.ts';
import type { SignOutput } from './sign.ts';
import type { Execution } from './start.ts';
import type { TakenDown } from './taken-down.ts';
import type { Delivered } from './test-alert.ts';

/**
 * Receiver of orders: one machine, or a stack on AWS. Questions and answers are the same; the senders (command line,
 * console) know nothing else of either.
 */
export interface Home {
  /** Time zone in which instants are shown. */
  readonly timeZone: string;
  /** Carries out an order; the home itself says who gave it. */
  carryOut<Name extends Action>(order: Order<Name>): Promise<Answer<Name>>;
  /**
   * Starts a manual backup of one database, or of each, and does not wait. Throws ConfigurationError if the name is not
   * configured.
   */
  start(database: string | undefined): Promise<Execution[]>;
  /**
   * Starts a manual backup of a database, unless it is being backed up or somebody has just asked for it: the answer is
   * that run then, as `exists` (`reserve`).
   */
  startUnlessUnderWay(database: string): Promise<Execution>;
  /**
   * Waits for a started execution, and returns the backup that it made. Throws the error of a failed run, and the
   * signal's reason if the waiting is stopped.
   */
  backupOf(execution: Execution): Promise<Backup>;
  download(backup: string): Promise<Download>;
  /** Makes an address from which a browser fetches the dump; missing where `download` is the way. */
  link?(backup: string): Promise<SignOutput>;
  /**
   * Begins to prove a backup, and does not wait. One that is being proven is not proven again. Throws UnknownNameError,
   * and RefusedError, which is audited.
   */
  verify(backup: string): Promise<TakenDown>;
  /**
   * Begins to restore a backup into a declared target, and does not wait; missing where there is no way to it. Throws
   * ConfigurationError, UnknownNameError, and RefusedError, which is audited.
   */
  restore?(order: RestoreOrder): Promise<TakenDown>;
  /** True if `restore` takes single tables. */
  readonly restoresTables: boolean;
  /** Returns what is known of the work on a run or a backup while it lasts; undefined if there is none. */
  live(subject: Pick<Run, 'id' | 'progress'> & Pick<Backup, 'verifying' | 'restoring'>): Live | undefined;
  /** Sends a test by every way of telling people. */
  testAlert(): Promise<Delivered[]>;
  /** Cleans up what no run owns, or with `dryRun` reports what that would do. */
  sweep(dryRun: boolean): Promise<SweepOutput>;
  /**
   * Records what the vault holds and the catalogue lacks. `takeOver`: makes the vault of another machine this one's
   * first. Throws ConfigurationError for that where a home has a vault of its own. `beginAgain`: begins an empty vault
   * in the place of one that is lost. Throws RefusedError for one that is not empty.
   */
  rebuild(order: { takeOver: boolean; beginAgain: boolean }): Promise<RebuildOutput & { /** Owner of the vault before. */ takenOverFrom?: string }>;
  /** Names the place of an object of the vault, for people. */
  locate(key: string): string;
}

/** Restore that a home can begin. */
export interface RestoreOrder extends Pick<RestoreToInput, 'backup' | 'to' | 'confirmed' | 'force' | 'withRoles' | 'tables'> {
  /** Leaves out statements that do not run. Without it a flawed backup is refused. */
  withoutFlawed?: boolean;
}

/** Order on a backup whose work lasts. */
export type LastingOrder = 'verify' | 'restore';

/** Work that lasts. `bytes` are those before compression; `total` is missing if it cannot be known. */
export interface Live extends Pick<Progress, 'bytes' | 'total'> {
  step: Progress['step'] | NotedProgress['step'];
  /** Time since the step began. */
  seconds: number;
  /** Bytes a second; missing if no bytes are known to pass. */
  rate?: number;
  /** Order that the work is for. @default a run works */
  order?: LastingOrder;
  /** Reason for which the order could not be carried out. */
  failed?: { name: ErrorName; message: string };
}

/** A dump on its way out of the vault. */
export interface Download {
  backup: string;
  /** Name in the vault. */
  file: string;
  /** Stored bytes. */
  size: number;
  sha256: string;
  /** Trust none of them before the end: a flipped byte is a ChecksumError there. */
  bytes: AsyncIterable<Uint8Array>;
}
