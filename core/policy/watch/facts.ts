import type { Backup } from '../../catalogue/backups.ts';
import type { Incident } from '../../catalogue/incidents.ts';
import type { Run } from '../../catalogue/runs.ts';
import type { Standing } from '../../catalogue/standings.ts';
import type { Database } from '../../config/config.ts';
import type { Alteration } from './records.ts';

/** Facts about one database, by which watch judges it. */
export interface DatabaseFacts {
  now: Date;
  timeZone: string;
  config: Pick<Database, 'proof' | 'minimumSize'>;
  standing: Standing;
  /** The slot that is due. */
  slot: {
    at: Date;
    /** True if a good backup or a successful run serves it. */
    served: boolean;
    run?: Pick<Run, 'status' | 'requestedBy'> | undefined;
    /** True if this watch has started it. */
    started: boolean;
    /** True if the database has never had a run: no schedule has missed anything. */
    isFirst: boolean;
    /** True if its local time is one that the change to summer time skips, so that no schedule fires. */
    skipped: boolean;
  };
  /** Good backups, newest first: eight at most. */
  good: Backup[];
  /** Tables of the newest good backup, and of those before it; undefined if they cannot be read. */
  tables: TableHistory | undefined;
  /** Fields of records that contradict the vault; undefined if it cannot be read. */
  altered: readonly Alteration[] | undefined;
  /** Product of the newest scan, with the version of our own programs for it. */
  product: { name: string; version: string; programs: string } | undefined;
  /** End of the password with which the newest good backup was made; undefined if it has none, or is not known. */
  passwordEnds?: Date | undefined;
  /** End of the certificate that its server showed; undefined if it was not verified, or lives for a few weeks. */
  certificateEnds?: Date | undefined;
  limits: Limits;
}

/** Numbers of rows by table. */
export type RowsOf = ReadonlyMap<string, number>;

export interface TableHistory {
  /** Id of the newest backup. */
  backup: string;
  newest: RowsOf;
  /** Newest first; none for a first backup. Those before the first are read only if that differs. */
  before: readonly RowsOf[];
}

/** Limits of the home, beyond which a database can no longer be backed up; undefined where there is none. */
export interface Limits {
  dumpSeconds?: number;
  proofSeconds?: number;
  /** Bytes of the disk for copies and scratch servers. */
  scratchBytes?: number;
}

/** Facts about everything together. */
export interface DeploymentFacts {
  now: Date;
  standings: readonly Standing[];
  /** Open incidents. */
  incidents: readonly Incident[];
  /** Bytes that the vault may hold. */
  budget: number | undefined;
  /** Free bytes of the vault's disk; undefined in a bucket. */
  free: number | undefined;
  /** Certificates and secrets whose end is known. */
  expiries: readonly Expiry[];
  /** Addresses that wait for their confirmation; undefined if nobody can say so, as on one machine. */
  unconfirmed?: readonly string[] | undefined;
}

export interface Expiry {
  /** File of the certificates, or the database whose password or server's certificate ends. */
  name: string;
  of?: 'password' | 'server';
  at: Date;
}
