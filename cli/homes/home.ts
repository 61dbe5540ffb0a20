import type { Backup } from '../../core/catalogue/backups.ts';
import type { Manifest } from '../../core/documents/manifest.ts';
import type { Action, Answer, Order } from '../../core/operations/orders.ts';

/** Where the orders of a command go: this machine, or a stack on AWS. What is asked, answered and printed is the same. */
export interface Home {
  /** In which instants are shown. */
  readonly timeZone: string;
  carryOut<Name extends Action>(order: Order<Name>): Promise<Answer<Name>>;
  /** Backs up one database, or all, and returns when that is done. A run that failed throws its error. */
  backUp(database: string | undefined): Promise<Backup[]>;
  download(backup: string): Promise<Download>;
  /** Where an object of the vault lies, for people. */
  locate(key: string): string;
  /** How somebody comes to the file that the commands of a manifest begin with: completes "by hand, …". */
  reach(manifest: Manifest): string;
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
