import { Duration } from 'aws-cdk-lib';
import { type Alarm, AlarmStatusWidget, Dashboard, GraphWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type MetricName, metricNamespace, metricService } from '../../core/metrics.ts';

/** The dashboard: the alarms; and for each database the figures of `sauvegarde status`. */
export class Overview extends Construct {
  constructor(scope: Construct, id: string, { alarms, databases }: { alarms: Alarm[]; databases: string[] }) {
    super(scope, id);
    const graph = (title: string, name: MetricName, statistic: 'Sum' | 'Maximum') =>
      new GraphWidget({
        title,
        width: 12,
        left: databases.map(
          (database) =>
            new Metric({
              namespace: metricNamespace,
              metricName: name,
              dimensionsMap: { service: metricService, database },
              label: database,
              statistic,
              period: Duration.days(1),
            }),
        ),
      });
    new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(28),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms, width: 24 })],
        [graph('Backups published in a day', 'BackupPublished', 'Sum'), graph('Runs that failed in a day', 'RunFailed', 'Sum')],
        [graph('Size of the dumps (bytes)', 'DumpSize', 'Maximum'), graph('Duration of the dumps (seconds)', 'DumpSeconds', 'Maximum')],
        [graph('Age of the last good backup (seconds)', 'LastGoodAge', 'Maximum'), graph('Open incidents', 'OpenIncidents', 'Maximum')],
        [graph('Duration of the test restores (seconds)', 'RestoreSeconds', 'Maximum'), graph('Duration of the proofs (seconds)', 'ProofSeconds', 'Maximum')],
        [graph('Dumps refuted in a day', 'BackupRefuted', 'Sum'), graph('Backups retired in a day', 'BackupsRetired', 'Sum')],
      ],
    });
  }
}
