import type { Backup } from '../../core/catalogue/backups.ts';
import type { Manifest } from '../../core/documents/manifest.ts';
import type { Action, Answer, Order } from '../../core/operations/orders/orders.ts';

/** Where the orders of a command go: this machine, or a stack on AWS. What is asked, answered and printed is the same. */
export interface Home {
  /** In which instants are shown. */
  readonly timeZone: string;
  carryOut<Name extends Action>(order: Order<Name>): Promise<Answer<Name>>;
  /** Backs up one database, or all, and gives the outcome of each; a failure keeps no other back. Throws ConfigurationError for a name that is not configured, and the signal's reason. */
  backUp(database: string | undefined): AsyncIterable<Outcome>;
  download(backup: string): Promise<Download>;
  /** Where an object of the vault lies, for people. */
  locate(key: string): string;
  /** How somebody comes to the file that the commands of a manifest begin with: completes "by hand, …". */
  reach(manifest: Manifest): string;
}

/** A database's backup, or why it has no new one. */
export type Outcome = { database: string } & ({ backup: Backup } | { error: Error });

/** The outcome of work that makes a database's backup or throws. */
export async function outcomeOf(database: string, work: () => Promise<Backup>): Promise<Outcome> {
  return await work().then(
    (backup) => ({ database, backup }),
    (error: Error) => ({ database, error }),
  );
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
