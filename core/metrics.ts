/**
 * Measures that the functions emit, and that alarms and the dashboard read. Imports nothing. All are in this namespace,
 * with the dimensions `service` (always "sauvegarde") and `database`.
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
  /** Backups that a rotation retired. */
  BackupsRetired: 'Count',
} as const;

export type MetricName = keyof typeof metricUnits;
export type Measured = Partial<Record<MetricName, number>>;
