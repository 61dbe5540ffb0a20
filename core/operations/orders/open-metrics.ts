import type { DatabaseStatus, Status } from './status.ts';

/** Media type of the text. */
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Sample = { labels: Record<string, string>; value: number | undefined };

/** A gauge of each database. Its name ends in its unit, if it has one. `docs/metrics.md` lists them. */
interface Gauge {
  name: string;
  unit?: 'seconds' | 'bytes';
  help: string;
  of(database: DatabaseStatus): number | undefined;
}

/** Gauges of each database, with the label `database`. */
export const databaseGauges: readonly Gauge[] = [
  {
    name: 'sauvegarde_last_good_timestamp_seconds',
    unit: 'seconds',
    help: 'Instant at which the last good backup read the database.',
    of: ({ lastGood }) => lastGood && Date.parse(lastGood.startedAt) / 1000,
  },
  { name: 'sauvegarde_last_good_stored_bytes', unit: 'bytes', help: 'Stored size of the last good backup.', of: ({ lastGood }) => lastGood?.size },
  { name: 'sauvegarde_last_good_dumped_bytes', unit: 'bytes', help: 'Size of the last good backup before compression.', of: ({ lastGood }) => lastGood?.bytes },
  { name: 'sauvegarde_last_good_rows', help: 'Rows in the last good backup.', of: ({ lastGood }) => lastGood?.rows },
  {
    name: 'sauvegarde_last_good_dump_seconds',
    unit: 'seconds',
    help: 'Duration of the dump of the last good backup.',
    of: ({ lastGood }) => lastGood?.seconds,
  },
  {
    name: 'sauvegarde_last_good_proven',
    help: '1 if the last good backup was proven by restoring it without a flaw, if only in part.',
    of: ({ lastGood }) => lastGood && Number(['proven', 'partial'].includes(lastGood.proof.verdict)),
  },
  { name: 'sauvegarde_restore_seconds', unit: 'seconds', help: 'Duration of the last test restore.', of: ({ restoreSeconds }) => restoreSeconds },
  {
    name: 'sauvegarde_next_run_timestamp_seconds',
    unit: 'seconds',
    help: 'Instant of the next slot.',
    of: ({ next }) => Date.parse(next) / 1000,
  },
  {
    name: 'sauvegarde_overdue',
    help: '1 if nothing has served the last slot that was due an hour ago or more, and nothing is at work.',
    of: ({ overdue }) => Number(overdue),
  },
  { name: 'sauvegarde_runs', help: 'Runs of the last 30 days that have ended.', of: ({ runs }) => runs.count },
  { name: 'sauvegarde_run_success_ratio', help: 'Share of these runs that succeeded, 0 to 1.', of: ({ runs }) => runs.succeeded },
];

/**
 * Writes a status as OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/).
 * It has gauges alone, so that Prometheus' older text format, which node_exporter's textfile collector reads, is the
 * same.
 */
export function openMetrics({ databases, incidents, well }: Status): string {
  const open = [...incidents, ...databases.flatMap((each) => each.incidents)];
  const sinceOf = open.map(({ database = '', kind, since }) => ({ labels: { database, kind }, value: Date.parse(since) / 1000 }));
  return [
    ...family('sauvegarde_well', undefined, '1 if no incident is open and every database has a good backup.', [{ labels: {}, value: Number(well) }]),
    ...databaseGauges.flatMap(({ help, name, of, unit }) =>
      family(
        name,
        unit,
        help,
        databases.map((each) => ({ labels: { database: each.database }, value: of(each) })),
      ),
    ),
    ...family('sauvegarde_incident_since_timestamp_seconds', 'seconds', 'Beginning of an open incident; the vault’s have no database.', sinceOf),
    '# EOF',
    '',
  ].join('\n');
}

/** Writes a family; one without a sample is left out. */
function family(name: string, unit: string | undefined, help: string, samples: Sample[]): string[] {
  const known = samples.filter(({ value }) => value !== undefined && Number.isFinite(value));
  if (known.length === 0) return [];
  return [
    `# TYPE ${name} gauge`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...known.map(({ labels, value }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
    }),
  ];
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
