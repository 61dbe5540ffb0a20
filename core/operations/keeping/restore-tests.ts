/** A restore that AWS Backup has completed. */
export interface RestoreTest {
  job: string;
  /** ARN of what was backed up. */
  source: string;
  /** ARN of what was made by the restore. */
  created: string;
  /** True if a restore testing plan asked for it. */
  isTest: boolean;
  /** Result that AWS Backup has of it already. */
  result?: string;
  /** Instant of the recovery point; missing if AWS Backup does not tell it. */
  madeAt?: Date;
}

/** Results of a validation, in AWS Backup's words. */
export type ValidationStatus = 'SUCCESSFUL' | 'FAILED' | 'TIMED_OUT';

/** Host and port of a server. */
export interface ServerAddress {
  host: string;
  port: number;
}

/** Restore tests of AWS Backup. */
export interface RestoreTests {
  /** Describes a restore job. Throws UnknownNameError if there is none. */
  find(job: string): Promise<RestoreTest>;
  /** Returns the address of a restored instance. Throws SourceMissingError if it is not there, or has no address. */
  addressOf(created: string): Promise<ServerAddress>;
  /** Tells AWS Backup the result. Repeatable. */
  report(job: string, status: ValidationStatus, message: string): Promise<void>;
}
