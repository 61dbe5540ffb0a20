import type { Verdict } from '../documents/proof.ts';
import type { Kind } from '../names.ts';

/** What the catalogue knows of a backup; all of it but the hold can be rebuilt from the vault. Instants are ISO 8601 in UTC. */
export interface Backup {
  id: string;
  database: string;
  engine: string;
  kind: Kind;
  slot: string;
  /** When reading the source began: its data are of that instant, whatever slot was served. */
  startedAt: string;
  publishedAt: string;
  status: 'published' | 'retired' | 'missing';
  /** The key of its manifest, and of every other object that is retired and brought back with it. */
  manifest: string;
  objects: { dump: string; scan: string /** Oldest first. */; proofs: string[] };
  /** Stored bytes, bytes before compression, and what was counted in them. */
  size: number;
  bytes: number;
  tables: number;
  rows: number;
  /** Of the dump step. */
  seconds: number;
  proof: { verdict: Verdict; at?: string; seconds?: number };
  hold?: { by: string; since: string; reason: string };
  retiredAt?: string;
}

/** The backups. They are few enough to be listed whole: rotation keeps some tens of each database, and retired ones leave with the grace period. */
export interface Backups {
  /** Records a backup; one that is already recorded stays as it is (idempotent). */
  add(backup: Backup): Promise<void>;
  get(id: string): Promise<Backup | undefined>;
  /** Newest slot first; of every database when none is named. */
  list(database?: string): Promise<Backup[]>;
  /**
   * Replaces a record by what `change` makes of it, as one step; nothing is changed when `change` returns undefined. `change` may be called again when another writer came between.
   * Returns the record as it is afterwards, or undefined when there is none.
   */
  change(id: string, change: (backup: Backup) => Backup | undefined): Promise<Backup | undefined>;
  /** Forgets a backup whose objects are gone for good. Idempotent. */
  remove(id: string): Promise<void>;
}

/** Keys of the objects that lie beside its manifest. */
export function keysBeside({ objects: { dump, scan, proofs } }: Pick<Backup, 'objects'>): string[] {
  return [dump, scan, ...proofs];
}

/** A record as it was stored, by this version or one before it. */
export type StoredBackup = Backup | (Omit<Backup, 'objects'> & { /** Keys of the dump, the scan, and the proofs. */ objects: string[] });

/** Reads a record that any version has stored. */
export function readBackup(stored: StoredBackup): Backup {
  const { objects, ...rest } = stored;
  if (!Array.isArray(objects)) return { ...rest, objects };
  const [dump = '', scan = '', ...proofs] = objects;
  return { ...rest, objects: { dump, scan, proofs } };
}

/** Only good backups count: there, and not shown to be unrestorable. */
export function isGood(backup: Backup): boolean {
  return backup.status === 'published' && backup.proof.verdict !== 'refuted';
}
