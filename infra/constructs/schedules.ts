import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../../core/config/config.ts';
import { awsCronsOf } from '../../core/time/schedule-aws.ts';
import { windowOf } from '../../core/time/window.ts';
import type { BackupFunction } from './backup-function.ts';
import { allow } from './grant.ts';
import { throughKey } from './own-key.ts';

export interface SchedulesProps {
  readonly config: Pick<Config, 'databases' | 'sweep' | 'timeZone'>;
  readonly start: BackupFunction;
  readonly watch: BackupFunction;
  readonly sweep: BackupFunction;
  readonly deadLetters: Queue;
}

/**
 * Schedules of each database, of the clean-up and of watch, in the configured zone. EventBridge Scheduler makes them,
 * because rules know only UTC.
 */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { config, deadLetters, start, sweep, watch }: SchedulesProps) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'Group');
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } } }),
    });
    role.addToPolicy(
      allow(
        ['lambda:InvokeFunction'],
        [start, watch, sweep].map((each) => each.function.functionArn),
      ),
    );
    role.addToPolicy(allow(['sqs:SendMessage'], [deadLetters.queueArn]));
    for (const statement of throughKey(this, deadLetters.encryptionMasterKey, 'sqs', 'write')) role.addToPolicy(statement);
    const make = (
      id: string,
      description: string,
      scheduleExpression: string,
      { function: { functionArn } }: BackupFunction,
      input: object,
      window?: number,
    ) => {
      const each = new CfnSchedule(this, id, {
        description,
        groupName: group.ref,
        scheduleExpression,
        scheduleExpressionTimezone: config.timeZone,
        flexibleTimeWindow: window === undefined ? { mode: 'OFF' } : { mode: 'FLEXIBLE', maximumWindowInMinutes: window },
        target: {
          arn: functionArn,
          roleArn: role.roleArn,
          input: JSON.stringify(input),
          // instead of 185 attempts over a day: after an hour, a late backup no longer belongs to this slot
          retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3600 },
          deadLetterConfig: { arn: deadLetters.queueArn },
        },
      });
      each.node.addDependency(role);
    };
    const numbered = (id: string, index: number) => (index === 0 ? id : `${id}_${index + 1}`);
    for (const [database, { schedule }] of Object.entries(config.databases))
      awsCronsOf(schedule).forEach((cron, index) => {
        const input = { database, scheduled: '<aws.scheduler.scheduled-time>' };
        make(numbered(database, index), `When ${database} is backed up`, cron, start, input, windowOf(config.databases, schedule));
      });
    // no database has a capital letter in its name
    awsCronsOf(config.sweep).forEach((cron, index) => {
      make(numbered('Sweep', index), 'When what no run owns is cleaned up', cron, sweep, { by: 'scheduler' });
    });
    make('Watch', 'When missed backups and other troubles are looked for', 'rate(1 hour)', watch, {});
  }
}
