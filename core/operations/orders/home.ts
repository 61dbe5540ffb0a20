import type { Backup } from '../../catalogue/backups.ts';
import type { Action, Answer, Order } from './orders.ts';
import type { Execution } from './start.ts';

/** The port for orders: one machine, or a stack on AWS. What is asked and answered is the same; whoever gives orders knows nothing else of either. */
export interface Home {
  /** In which instants are shown. */
  readonly timeZone: string;
  carryOut<Name extends Action>(order: Order<Name>): Promise<Answer<Name>>;
  /** Starts a manual backup of one database, or of each, and does not wait for it. Throws a ConfigurationError for a name that is not configured. */
  start(database: string | undefined): Promise<Execution[]>;
  /** The backup that a started execution made, once it has ended. Rejects with the error of a run that failed, and with the signal's reason when the waiting is stopped. */
  backupOf(execution: Execution): Promise<Backup>;
  download(backup: string): Promise<Download>;
  /** Where an object of the vault lies, for people. */
  locate(key: string): string;
}

/** A dump on its way out of the vault. */
export interface Download {
  backup: string;
  /** Its name in the vault. */
  file: string;
  /** Stored bytes. */
  size: number;
  sha256: string;
  /** Trust none of them before the end: a flipped byte is a ChecksumError there. */
  bytes: AsyncIterable<Uint8Array>;
}
