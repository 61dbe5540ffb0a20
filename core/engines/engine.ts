import type { Database, Reference, Target } from '../config/config.ts';
import type { Flaw } from '../documents/flaw.ts';
import type { Scan } from '../documents/scan.ts';
import type { SourceIdentity } from '../documents/source-identity.ts';
import type { Tools } from '../programs/tools.ts';
import type { Product } from './cards.ts';

/** Surroundings of an engine's work. */
export interface Work {
  /** A private folder for temporary files; the engine removes its files again. */
  scratch: string;
  /** Stops the work: children end, and the signal's reason is thrown. */
  signal: AbortSignal;
  /** Configuration of the database whose run or backup it is; missing if it has none any more. */
  settings?: Database | undefined;
  /** Programs of others that engines start. */
  tools: Tools;
  /** Resolves a secret. Throws ConfigurationError if it does not exist, SecretUnavailableError if retrying may help. */
  reveal(reference: Reference): Promise<string>;
  /** Receives the number of bytes that have passed, and the total if known. */
  progress(step: 'copy' | 'dump' | 'prove' | 'restore' | 'compare', bytes: number, total?: number): void;
  /** Tells the person who watches something to know before the work goes on. */
  warn(message: string): void;
}

/** A dump in progress. Dispose of it whatever happens. */
export interface Dump extends AsyncDisposable {
  /**
   * Bytes, to be read once. They end normally only if the dump is complete and its scan was taken; otherwise they throw
   * a typed error.
   */
  bytes: AsyncIterable<Uint8Array>;
  /** Identity of the source, known before the first byte; missing if the source tells none. */
  identity?: SourceIdentity | undefined;
  /** Returns the scan. Call it after the last byte. */
  scan(): Scan;
}

/**
 * Result of restoring. `differences` (rows or bytes that are missing or altered) refute the backup, `flaws` make it
 * flawed, `unproven` makes the proof partial.
 */
export interface ProofResult {
  restoreSeconds: number;
  differences: string[];
  flaws: Flaw[];
  unproven: string[];
  notes: string[];
}

/** Parts of a rehearsal, in this order, of an engine that reaches databases by an address, or by a file. */
export const rehearsalParts = { address: ['scratch server', 'dump', 'proof'], file: ['scratch file', 'dump', 'proof'] } as const;

/** Facts about a source, read without dumping it. */
export interface SourceFacts {
  product: string;
  /** Size in bytes; a dump may need as much in the scratch folder. */
  size: number;
  tables: number;
  /** Non-blocking remarks for doctor. */
  remarks: string[];
}

export interface RestoreTarget {
  /** Target: a file, or the address of a database. */
  into: string;
  /** Replaces what is there. */
  force: boolean;
  /** For servers: makes everything belong to the user who restores, and grants nothing. */
  withoutOwners?: boolean;
  /** For servers: grants nothing. */
  withoutPrivileges?: boolean;
  /** For servers: first makes the users and roles of the backup that the target lacks, without passwords. */
  withRoles?: boolean;
  /** For servers with events: lets them run. By default they come back disabled. */
  enableEvents?: boolean;
  /** Flaws of the backup: their statements are left out, or run as their flaw says. */
  without?: readonly Flaw[];
  /** For servers that can undo: leaves out, and tells, statements that do not run. By default they undo everything. */
  tolerant?: boolean;
  /** Time, for the name of a file that is set aside. */
  now: Date;
}

/** Result of a restore. */
export interface Restored {
  tables: number;
  rows: number;
  /** The target, for people, without a password. */
  into: string;
  /** New path of the file that was there before. */
  replaced?: string;
  notes: string[];
}

/** A restored database that lives until it is disposed of, or this process ends. */
export interface OpenedBackup extends AsyncDisposable {
  /** Address for people's own tools: a path, or a URL without a password, as its folder keeps others out. */
  address: string;
  /** Command that opens it with the product's own client. */
  command: string;
  tables: number;
  rows: number;
  notes: string[];
  /** Fires if its server ends before; missing for a file. */
  ended?: AbortSignal;
  /**
   * Makes a database to dump of these tables alone, named as in the scan, or, where there are schemas, of these whole
   * schemas. Everything else may be gone afterwards.
   */
  narrow(choice: { tables: readonly string[]; schemas: readonly string[] }): Promise<Database>;
}

/** Contents of a file that others have made, or of a folder. */
export interface Foreign {
  /** Yields the bytes, decompressed; of a folder those of its table of contents. Can be called more than once. */
  read: () => AsyncIterable<Uint8Array>;
  /** Files of a folder, as they are. @default it is a file */
  files?: readonly { name: string; read(): AsyncIterable<Uint8Array> }[] | undefined;
  /** Passes bytes, and throws RefusedError if a dump holds more than it may. */
  limited(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
}

/** A dump that others have made, read to its end. */
export interface ForeignDump extends AsyncDisposable {
  /** Yields the bytes that are kept as the dump; can be called more than once. */
  open: () => AsyncIterable<Uint8Array>;
  /** Facts that the dump itself tells. */
  scan: Scan;
}

/** One kind of database, with its ways to dump, prove and restore. Its card says the rest. */
export interface Engine {
  /** Checks a source without dumping it. Throws the error that a dump would throw. */
  examine(database: Database, work: Work): Promise<SourceFacts>;
  /** Begins a consistent dump. */
  dump(database: Database, work: Work): Promise<Dump>;
  /**
   * Restores a dump, which may be opened more than once, into a place that lives only for this, and compares it with
   * its scan. Throws only if it could not be tried.
   */
  prove(open: () => AsyncIterable<Uint8Array>, scan: Scan, work: Work): Promise<ProofResult>;
  /**
   * Restores a dump, which may be opened more than once, and compares the rows with its scan. The target changes only
   * if all went well, unless its server cannot undo; the error then says what is left. Throws RefusedError if something
   * is in the way and `force` is not set.
   */
  restore(open: () => AsyncIterable<Uint8Array>, scan: Scan, target: RestoreTarget, work: Work): Promise<Restored>;
  /**
   * Restores a dump, which may be opened more than once, into a database that lives only for a look, and compares the
   * rows with its scan. Statements that do not run are left out where that can be, and told.
   */
  open(dump: () => AsyncIterable<Uint8Array>, scan: Scan, flaws: readonly Flaw[], work: Work): Promise<OpenedBackup>;
  /**
   * Reads a dump that others have made to its end. Throws DumpMalformedError if it is not complete, or not in a form
   * that a proof can compare; SourceCorruptError if rows in it cannot be read; RefusedError if it holds too many bytes.
   * Missing if dumps of others cannot be compared.
   */
  adopt?(file: Foreign, work: Work): Promise<ForeignDump>;
  /**
   * Returns the declared target as `restore` takes it: a path, or an address with its password. Throws
   * ConfigurationError if a secret does not exist or holds something else, SecretUnavailableError if retrying may help.
   */
  addressOf(target: Target, reveal: Work['reveal']): Promise<string>;
  /**
   * Rehearses a whole backup of a product without a source, a vault or a catalogue: a scratch server or file with a
   * small database, its dump through scanner, compressor and meter, and its proof in another. With `major`, of a server
   * of that older version. Yields the result of each of `rehearsalParts`. Throws the errors of such a backup, and
   * BackupRefutedError if the proof finds anything at all.
   */
  rehearse(family: Product['family'], work: Omit<Work, 'reveal'>, major?: number): AsyncGenerator<string, void, void>;
}
