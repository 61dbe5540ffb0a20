import type { Database, Reference } from '../config/config.ts';
import type { Scan } from '../documents/scan.ts';
import type { Family, Tools } from '../programs/tools.ts';

/** What an engine is given to work with. */
export interface Work {
  /** A private folder for temporary files; whatever is put there is removed again. */
  scratch: string;
  /** When it fires, the work stops, its children end, and its reason is thrown. */
  signal: AbortSignal;
  /** The programs of others. */
  tools: Tools;
  /** A secret where it is used. One that cannot be had is a ConfigurationError, or a SecretUnavailableError when a repeat can mend it. */
  reveal(reference: Reference): Promise<string>;
  /** Told how many bytes have passed, and of how many. */
  progress(step: 'copy' | 'dump' | 'prove' | 'restore' | 'compare', bytes: number, total?: number): void;
  /** Says to the person who watches what they should know before it goes on. */
  warn(message: string): void;
}

/** A dump under way. Dispose of it whatever happens. */
export interface Dump extends AsyncDisposable {
  /** To be read once. Ends normally only when the dump is complete and its scan was taken; anything else throws a typed error. */
  bytes: AsyncIterable<Uint8Array>;
  /** What was learnt; to be asked after the last byte. */
  scan(): Scan;
}

/** What restoring showed. `differences` refute the backup, `unproven` makes the proof partial. */
export interface ProofResult {
  restoreSeconds: number;
  differences: string[];
  unproven: string[];
  notes: string[];
}

/** The parts of a rehearsal, in this order. */
export const rehearsalParts = ['scratch server', 'dump', 'proof'] as const;

/** What is told of a source before anything is dumped. */
export interface SourceFacts {
  product: string;
  /** Bytes; what a dump may need in the scratch folder. */
  size: number;
  tables: number;
  /** Non-blocking remarks for doctor. */
  remarks: string[];
}

export interface RestoreTarget {
  /** Where to restore to: a file, or the address of a database. */
  into: string;
  /** Replace what is there. */
  force: boolean;
  /** Of a server: everything shall belong to the user who restores, and nobody is granted anything. */
  withoutOwners?: boolean;
  /** Of a server: nobody is granted anything. */
  withoutPrivileges?: boolean;
  /** Names what is set aside. */
  now: Date;
}

/** What a restore left behind. */
export interface Restored {
  tables: number;
  rows: number;
  /** Where it was restored to, for people: no password is in it. */
  into: string;
  /** Where what was there before has been put. */
  replaced?: string;
  notes: string[];
}

/** One kind of database: how it is dumped, proven and restored. Its card says who it is. */
export interface Engine {
  /** Checks a source without dumping it; throws the error that a dump would meet. */
  examine(database: Database, work: Work): Promise<SourceFacts>;
  /** Begins a consistent dump. */
  dump(database: Database, work: Work): Promise<Dump>;
  /** Restores a dump, which may be opened more than once, into a place that lives only for this and compares it with its scan. Throws only when it could not be tried. */
  prove(open: () => AsyncIterable<Uint8Array>, scan: Scan, work: Work): Promise<ProofResult>;
  /** Restores a dump, which may be opened more than once, and compares the rows with its scan; the target changes only when all went well. Something in the way without `force` is a RefusedError. */
  restore(open: () => AsyncIterable<Uint8Array>, scan: Scan, target: RestoreTarget, work: Work): Promise<Restored>;
  /**
   * Goes through a whole backup of a family's without a source, a vault or a catalogue: a scratch server with a small database, its dump, and its proof in another scratch server. Gives for each of `rehearsalParts` what
   * was found, and throws what such a backup would throw; a proof that finds anything at all is a BackupRefutedError. Missing where there is no server to start.
   */
  rehearse?(family: Family, work: Omit<Work, 'reveal'>): AsyncGenerator<string, void, void>;
}
