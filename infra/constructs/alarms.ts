import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { metricNamespace, metricService, type StackMetricName } from '../../core/metrics.ts';
import type { BackupFunction } from './backup-function.ts';
import type { Workflow } from './workflow.ts';

export interface AlarmsProps {
  readonly to: readonly string[];
  readonly workflow: Workflow;
  readonly settle: BackupFunction;
  /** The key that encrypts it encrypts the alarms too. */
  readonly deadLetters: Queue;
  readonly watch: BackupFunction;
  /** Longest time between two scheduled backups of the whole stack, in hours. */
  readonly longestPause: number;
}

/** Longest period that CloudWatch looks back, in hours. */
const week = 7 * 24;

/**
 * Alarms for when Sauvegarde itself cannot alert anybody. They use SNS, which needs neither our functions nor SES.
 * docs/runbook.md explains each under its title.
 */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, { deadLetters, longestPause, settle, to, watch, workflow: { stateMachine } }: AlarmsProps) {
    super(scope, id);
    const { encryptionMasterKey } = deadLetters;
    this.#topic = new Topic(this, 'Topic', { enforceSSL: true, ...(encryptionMasterKey && { masterKey: encryptionMasterKey }) });
    this.#topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.#topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    for (const address of to) this.#topic.addSubscription(new EmailSubscription(address));

    const quarter = { period: Duration.minutes(15), statistic: 'Sum' };
    this.#alarm('Backup failed', {
      metric: new MathExpression({
        expression: 'failed + timedOut + aborted',
        label: 'executions that did not succeed',
        period: quarter.period,
        usingMetrics: {
          failed: stateMachine.metricFailed(quarter),
          timedOut: stateMachine.metricTimedOut(quarter),
          aborted: stateMachine.metricAborted(quarter),
        },
      }),
    });
    this.#alarm('Alert not sent', { metric: settle.function.metricErrors(quarter) });
    this.#alarm('Event not handled', { metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: quarter.period, statistic: 'Maximum' }) });
    const hourly = (metricName: StackMetricName, statistic: string) =>
      new Metric({ namespace: metricNamespace, metricName, dimensionsMap: { service: metricService }, statistic, period: Duration.hours(1) });
    this.#alarm('Nothing is watched', {
      metric: hourly('Watched', 'Sum'),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.BREACHING,
    });
    this.#alarm('Watch failed', { metric: watch.function.metricErrors({ period: Duration.hours(1), statistic: 'Sum' }), evaluationPeriods: 3 });
    // three hours for a mail to arrive, and for somebody to act on it
    this.#alarm('Backup overdue', { metric: hourly('OverdueDatabases', 'Maximum'), evaluationPeriods: 3 });
    // two hours for the run itself
    if (longestPause + 2 <= week)
      this.#alarm('No backup made', {
        metric: stateMachine.metricSucceeded({ period: Duration.hours(1), statistic: 'Sum' }),
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: longestPause + 2,
        treatMissingData: TreatMissingData.BREACHING,
      });
  }

  #alarm(title: string, props: Pick<AlarmProps, 'metric'> & Partial<AlarmProps>): void {
    const alarm = new Alarm(this, title.replaceAll(' ', ''), {
      alarmDescription: `${title}. What to do: docs/runbook.md, "${title}"`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
    const tell = new SnsAction(this.#topic);
    alarm.addAlarmAction(tell);
    alarm.addOkAction(tell); // nobody needs to look whether it has ended
    this.all.push(alarm);
  }
}
