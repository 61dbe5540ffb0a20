import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type MetricName, metricNamespace, metricService, type StackMetricName } from '../../core/metrics.ts';
import type { BackupFunction } from './backup-function.ts';
import { allow, type Grant } from './grant.ts';
import type { Workflow } from './workflow.ts';

export interface AlarmsProps {
  /** Addresses that alarms go to. */
  readonly to: readonly string[];
  /** Key that encrypts the topic. @default none */
  readonly key?: IKey | undefined;
}

/** Resources and databases under alarms. */
export interface Watched {
  readonly workflow: Workflow;
  readonly settle: BackupFunction;
  readonly deadLetters: Queue;
  readonly watch: BackupFunction;
  readonly databases: readonly string[];
  /** Longest time between two scheduled backups of the whole stack, in hours. */
  readonly longestPause: number;
}

/** Longest period that CloudWatch looks back, in hours. */
const week = 7 * 24;

/**
 * Largest number of databases that have an alarm each: as many as a stack holds, and less than the 100 that a dashboard
 * shows. More of them share one, which says nothing of a second database while it calls for a first.
 */
const mostAlone = 50;

/**
 * Alarms for when Sauvegarde itself cannot alert anybody. They use SNS, which needs neither our functions nor SES.
 * docs/runbook.md explains each under its title.
 */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #topic: Topic;
  readonly #to: readonly string[];

  constructor(scope: Construct, id: string, { key, to }: AlarmsProps) {
    super(scope, id);
    this.#to = to;
    const { account, partition, region } = Stack.of(this);
    this.#topic = new Topic(this, 'Topic', { enforceSSL: true, ...(key && { masterKey: key }) });
    this.#topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.#topic.topicArn],
        // SNS developer guide, "Example cases for Amazon SNS access control"
        conditions: { ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` } },
      }),
    );
    for (const address of to) this.#topic.addSubscription(new EmailSubscription(address));
  }

  /**
   * Grants looking whether alarms and mails reach people, asking again for what is not confirmed, and telling by the
   * topic.
   */
  toConfirm(): Grant {
    const { topicArn } = this.#topic;
    return {
      environment: { SAUVEGARDE_ALARMS: topicArn },
      statements: [
        allow(['sns:ListSubscriptionsByTopic', 'sns:Publish'], [topicArn]),
        // the keys hold protocol and address of the request (Service Authorization Reference, "Amazon SNS")
        allow(['sns:Subscribe'], [topicArn], { StringEquals: { 'sns:Protocol': 'email', 'sns:Endpoint': [...this.#to] } }),
        allow(
          ['ses:GetIdentityVerificationAttributes', 'ses:GetSendQuota', 'ses:GetSendStatistics', 'ses:GetSuppressedDestination', 'ses:VerifyEmailIdentity'],
          ['*'],
        ),
      ],
      acknowledged: {
        'AwsSolutions-IAM5[Resource::*]': 'Questions about the account of SES know no resources, nor does the mail that asks an address for its confirmation.',
      },
    };
  }

  /** Adds the alarms. */
  lookAt({ databases, deadLetters, longestPause, settle, watch, workflow: { stateMachine } }: Watched): void {
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
    const hourly = (metricName: StackMetricName | MetricName, statistic: string, of: Record<string, string> = {}) =>
      new Metric({ namespace: metricNamespace, metricName, dimensionsMap: { service: metricService, ...of }, statistic, period: Duration.hours(1) });
    this.#alarm('Nothing is watched', {
      metric: hourly('Watched', 'Sum'),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.BREACHING,
    });
    this.#alarm('Watch failed', { metric: watch.function.metricErrors({ period: Duration.hours(1), statistic: 'Sum' }), evaluationPeriods: 3 });
    // three hours for a mail to arrive, and for somebody to act on it
    const overdue = (metric: Metric, database?: string) => this.#alarm('Backup overdue', { metric, evaluationPeriods: 3 }, database);
    if (databases.length > mostAlone) overdue(hourly('OverdueDatabases', 'Maximum'));
    else for (const database of databases) overdue(hourly('Overdue', 'Maximum', { database }), database);
    // two hours for the run itself
    if (longestPause + 2 <= week)
      this.#alarm('No backup made', {
        metric: stateMachine.metricSucceeded({ period: Duration.hours(1), statistic: 'Sum' }),
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: longestPause + 2,
        treatMissingData: TreatMissingData.BREACHING,
      });
  }

  #alarm(title: string, props: Pick<AlarmProps, 'metric'> & Partial<AlarmProps>, database?: string): void {
    const alarm = new Alarm(this, title.replaceAll(' ', '') + (database ? `-${database}` : ''), {
      alarmDescription: `${title}. ${database ? `The database: ${database}. ` : ''}What to do: docs/runbook.md, "${title}"`,
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
