/**
 * Measures that the functions emit, and that alarms and the dashboard read. Imports nothing. All are in this namespace,
 * with the dimensions `service` (always "sauvegarde") and `database`; those of the stack with `service` alone.
 */
export const metricNamespace = 'Sauvegarde';
export const metricService = 'sauvegarde';

/** Measures, with their units in CloudWatch's words. */
export const metricUnits = {
  /** Runs that failed, each counted once, when it is settled. */
  RunFailed: 'Count',
  /** Backups that were published. */
  BackupPublished: 'Count',
  /** Dumps that were refuted by restoring them. */
  BackupRefuted: 'Count',
  DumpSeconds: 'Seconds',
  /** Stored bytes, after compression. */
  DumpSize: 'Bytes',
  ProofSeconds: 'Seconds',
  /** Restoring alone, within a proof: the recovery time to expect. */
  RestoreSeconds: 'Seconds',
  /** Backups that a rotation retired. */
  BackupsRetired: 'Count',
  /** Every hour, by watch: age of the data of the last good backup. */
  LastGoodAge: 'Seconds',
  /** Every hour, by watch: incidents that are open. */
  OpenIncidents: 'Count',
  /** Every hour, by watch: 1 while nothing has served its last slot though it was due an hour ago or more, else 0. */
  Overdue: 'Count',
} as const;

/** Measures of the whole stack, every hour. Their absence says that nothing is watched. */
export const stackMetricUnits = {
  Watched: 'Count',
  /** Databases whose last slot nothing has served though it was due an hour ago or more. */
  OverdueDatabases: 'Count',
} as const;

export type MetricName = keyof typeof metricUnits;
export type StackMetricName = keyof typeof stackMetricUnits;
export type Measured = Partial<Record<MetricName, number>>;
