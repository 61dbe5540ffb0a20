import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../../core/config/config.ts';
import { awsCronsOf } from '../../core/time/schedule-aws.ts';
import type { BackupFunction } from './backup-function.ts';
import { allow } from './grant.ts';

export interface SchedulesProps {
  readonly config: Pick<Config, 'databases' | 'timeZone'>;
  readonly start: BackupFunction;
  readonly deadLetters: Queue;
}

/**
 * Schedules of each database, in the configured zone. EventBridge Scheduler makes them, because rules know only UTC.
 */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { config, deadLetters, start }: SchedulesProps) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'Group');
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } } }),
    });
    role.addToPolicy(allow(['lambda:InvokeFunction'], [start.function.functionArn]));
    role.addToPolicy(allow(['sqs:SendMessage'], [deadLetters.queueArn]));
    for (const [database, { schedule }] of Object.entries(config.databases))
      awsCronsOf(schedule).forEach((scheduleExpression, index) => {
        const each = new CfnSchedule(this, index === 0 ? database : `${database}_${index + 1}`, {
          description: `When ${database} is backed up`,
          groupName: group.ref,
          scheduleExpression,
          scheduleExpressionTimezone: config.timeZone,
          flexibleTimeWindow: { mode: 'OFF' },
          target: {
            arn: start.function.functionArn,
            roleArn: role.roleArn,
            input: JSON.stringify({ database, scheduled: '<aws.scheduler.scheduled-time>' }),
            // instead of 185 attempts over a day: after an hour, a late backup no longer belongs to this slot
            retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3600 },
            deadLetterConfig: { arn: deadLetters.queueArn },
          },
        });
        each.node.addDependency(role);
      });
  }
}
