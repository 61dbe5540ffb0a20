import type { Verdict } from '../documents/proof.ts';
import type { Restored } from '../engines/engine.ts';
import type { ErrorName } from '../errors.ts';
import type { Kind } from '../names.ts';
import type { Author } from './audit.ts';
import type { Page, Paging } from './page.ts';

/** Record of a backup. All of it can be rebuilt from the vault. Instants are ISO 8601 in UTC. */
export interface Backup {
  id: string;
  database: string;
  engine: string;
  kind: Kind;
  slot: string;
  /** Instant at which reading the source began: the data are of that instant, whatever slot was served. */
  startedAt: string;
  publishedAt: string;
  status: 'published' | 'retired' | 'missing';
  /** Key of its manifest, and of every other object that is retired and brought back with it. */
  manifest: string;
  objects: {
    dump: string;
    scan: string;
    /** Oldest first. */
    proofs: string[];
    /** Orders to hold it and to release it, oldest first; missing if there were none. */
    holds?: string[];
  };
  /** Stored bytes, bytes before compression, and the number of tables and rows in them. */
  size: number;
  bytes: number;
  tables: number;
  rows: number;
  /**
   * Mark of its source, as long as that is another one than the database had and nobody has accepted it. Such a backup
   * counts apart.
   */
  stranger?: string;
  /** Duration of the dump step. */
  seconds: number;
  proof: { verdict: Verdict; at?: string; seconds?: number };
  hold?: { by: string; since: string; reason: string };
  /** Newest proof on demand by a workflow of its own, as a stack makes it. */
  verifying?: Ordered;
  /** Newest restore by a workflow of its own into the declared target `to`; `kept` backs up what it replaced. */
  restoring?: Ordered & { to: string; restored?: Restored; kept?: string };
  retiredAt?: string;
}

/** Work that somebody has ordered on a backup. `startedAt` is the instant of the order, and tells it from others. */
export interface Ordered extends Author {
  startedAt: string;
  /** Missing while it lasts. */
  endedAt?: string;
  /** Reason for which it could not be done. */
  error?: { name: ErrorName; message: string };
}

/** Records of backups. Rotation keeps some tens of each database, and retired ones leave with the grace period. */
export interface Backups {
  /** Records a backup; one that is already recorded stays as it is (idempotent). */
  add(backup: Backup): Promise<void>;
  get(id: string): Promise<Backup | undefined>;
  /** Lists backups, newest slot first; of every database if none is named. */
  list(query?: { database?: string | undefined } & Paging): Promise<Page<Backup>>;
  /**
   * Replaces a record by the result of `change`, in one step; changes nothing if that is undefined. `change` may be
   * called again if another writer came between. Returns the record as it is afterwards; undefined if there is none.
   */
  change(id: string, change: (backup: Backup) => Backup | undefined): Promise<Backup | undefined>;
  /** Forgets a backup whose objects are gone for good. Idempotent. */
  remove(id: string): Promise<void>;
}

/** Keys of the objects that lie beside its manifest. */
export function keysBeside(backup: Pick<Backup, 'objects'>): string[] {
  return [...neededKeys(backup), ...(backup.objects.holds ?? [])];
}

/** Keys of the objects without which it is not whole. */
export function neededKeys({ objects: { dump, scan, proofs } }: Pick<Backup, 'objects'>): string[] {
  return [dump, scan, ...proofs];
}

/** A record as it was stored, by this version or one before it. */
export type StoredBackup = Backup | (Omit<Backup, 'objects'> & { /** Keys of the dump, the scan, and the proofs. */ objects: string[] });

function isOlder(stored: StoredBackup): stored is Exclude<StoredBackup, Backup> {
  return Array.isArray(stored.objects);
}

/** Reads a record that any version has stored. */
export function readBackup(stored: StoredBackup): Backup {
  if (!isOlder(stored)) return stored;
  const { objects, ...rest } = stored;
  const [dump = '', scan = '', ...proofs] = objects;
  return { ...rest, objects: { dump, scan, proofs } };
}

/** Returns true for a good backup: published, and not refuted. A flawed one has every row. */
export function isGood(backup: Backup): boolean {
  return backup.status === 'published' && backup.proof.verdict !== 'refuted';
}

/** Error of a clock, in milliseconds, that says nothing. */
const clockErrorMs = 3_600_000;

/**
 * Returns true for a backup that a clock made which was ahead. Its data are older than they seem, so that it displaces
 * no other and is not taken for the newest.
 */
export function isOfFuture({ startedAt }: Backup, now: Date): boolean {
  return Date.parse(startedAt) > now.getTime() + clockErrorMs;
}

/** Returns true for a good backup without a known flaw. */
export function isSound(backup: Backup): boolean {
  return isGood(backup) && backup.proof.verdict !== 'flawed';
}

/** Returns the key of the newest proof if that has found flaws. */
export function flawedProofOf({ objects, proof }: Pick<Backup, 'objects' | 'proof'>): string | null {
  return proof.verdict === 'flawed' ? (objects.proofs.at(-1) ?? null) : null;
}
