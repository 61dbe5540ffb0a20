import type { Backup } from '../../core/catalogue/backups.ts';
import type { Manifest } from '../../core/documents/manifest.ts';
import type { Action, Answer, Order } from '../../core/operations/orders/orders.ts';

/** Receiver of a command's orders: this machine, or a stack on AWS. Questions, answers and output are the same. */
export interface Home {
  /** Time zone in which instants are shown. */
  readonly timeZone: string;
  carryOut<Name extends Action>(order: Order<Name>): Promise<Answer<Name>>;
  /**
   * Backs up one database, or all, and yields the outcome of each; a failure does not stop the others. Throws
   * ConfigurationError if the name is not configured, and the signal's reason.
   */
  backUp(database: string | undefined): AsyncIterable<Outcome>;
  download(backup: string): Promise<Download>;
  /** Names the place of an object of the vault, for people. */
  locate(key: string): string;
  /** Explains how to get the file with which a manifest's commands begin: completes "by hand, …". */
  reach(manifest: Manifest): string;
}

/** Backup of a database, or the error that prevented it. */
export type Outcome = { database: string } & ({ backup: Backup } | { error: Error });

/** Returns the outcome of work that makes a database's backup or throws. */
export async function outcomeOf(database: string, work: () => Promise<Backup>): Promise<Outcome> {
  return await work().then(
    (backup) => ({ database, backup }),
    (error: Error) => ({ database, error }),
  );
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
