import type { Verdict } from '../documents/proof.ts';
import type { Kind } from '../names.ts';

/** Record of a backup. All of it but the hold can be rebuilt from the vault. Instants are ISO 8601 in UTC. */
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
  objects: string[];
  /** Stored bytes, bytes before compression, and the number of tables and rows in them. */
  size: number;
  bytes: number;
  tables: number;
  rows: number;
  /** Duration of the dump step. */
  seconds: number;
  proof: { verdict: Verdict; at?: string; seconds?: number };
  hold?: { by: string; since: string; reason: string };
  retiredAt?: string;
}

/**
 * Records of backups. They are few enough to be listed whole: rotation keeps some tens of each database, and retired
 * ones leave with the grace period.
 */
export interface Backups {
  /** Records a backup; one that is already recorded stays as it is (idempotent). */
  add(backup: Backup): Promise<void>;
  get(id: string): Promise<Backup | undefined>;
  /** Lists backups, newest slot first; of every database if none is named. */
  list(database?: string): Promise<Backup[]>;
  /**
   * Replaces a record by the result of `change`, in one step; changes nothing if that is undefined. `change` may be
   * called again if another writer came between. Returns the record as it is afterwards; undefined if there is none.
   */
  change(id: string, change: (backup: Backup) => Backup | undefined): Promise<Backup | undefined>;
  /** Forgets a backup whose objects are gone for good. Idempotent. */
  remove(id: string): Promise<void>;
}

/** Returns true for a good backup: published, and not refuted. */
export function isGood(backup: Backup): boolean {
  return backup.status === 'published' && backup.proof.verdict !== 'refuted';
}
