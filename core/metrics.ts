/**
 * The measures that the functions emit, and that alarms and the dashboard look at. Imports nothing. All are in this namespace, with the dimensions `service` (always "sauvegarde") and `database`.
 */
export const metricNamespace = 'Sauvegarde';
export const metricService = 'sauvegarde';

/** By name: the unit, as CloudWatch calls it. */
export const metricUnits = {
  /** A run that failed; counted once, by whoever settles it. */
  RunFailed: 'Count',
  /** A backup that was published. */
  BackupPublished: 'Count',
  /** A dump that restored to something else. */
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
