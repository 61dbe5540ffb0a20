import { Duration, Stack } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { BackupFunction } from './backup-function.ts';
import type { Workflow } from './workflow.ts';

export interface RulesProps {
  readonly start: BackupFunction;
  readonly settle: BackupFunction;
  readonly record: BackupFunction;
  /** @default AWS Backup backs none of the databases up */
  readonly validate?: BackupFunction | undefined;
  readonly workflow: Workflow;
  /** Workflows of orders on backups. */
  readonly orders: readonly Workflow[];
  readonly deadLetters: Queue;
}

/**
 * Rules that run beside the schedules: a failed execution is settled whatever stopped it, and a new stack makes its
 * first backups.
 */
export class Rules extends Construct {
  constructor(scope: Construct, id: string, { deadLetters, record, settle, orders, start, validate, workflow }: RulesProps) {
    super(scope, id);
    const delivery = { deadLetterQueue: deadLetters, retryAttempts: 10, maxEventAge: Duration.hours(1) };
    const failed = (...workflows: Workflow[]) => ({
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: workflows.map(({ stateMachine }) => stateMachine.stateMachineArn) },
    });
    new Rule(this, 'Failed', {
      description: 'Executions that failed, ran out of time or were aborted are settled',
      eventPattern: failed(workflow),
      targets: [new LambdaFunction(settle.function, delivery)],
    });
    new Rule(this, 'OrderFailed', {
      description: 'Orders whose executions failed, ran out of time or were aborted are ended',
      eventPattern: failed(...orders),
      targets: [new LambdaFunction(record.function, delivery)],
    });
    if (validate)
      new Rule(this, 'Restored', {
        description: 'Instances of RDS that AWS Backup has restored are validated, if a restore testing plan asked for it',
        eventPattern: { source: ['aws.backup'], detailType: ['Restore Job State Change'], detail: { status: ['COMPLETED'], resourceType: ['RDS'] } },
        targets: [new LambdaFunction(validate.function, delivery)],
      });
    // no custom resource: CloudFormation itself tells EventBridge that the stack is complete
    new Rule(this, 'Deployed', {
      description: 'When the stack has been created every database is backed up once',
      eventPattern: {
        source: ['aws.cloudformation'],
        detailType: ['CloudFormation Stack Status Change'],
        detail: { 'stack-id': [Stack.of(this).stackId], 'status-details': { status: ['CREATE_COMPLETE'] } },
      },
      targets: [new LambdaFunction(start.function, { ...delivery, event: RuleTargetInput.fromObject({ requestedBy: 'deployment', at: EventField.time }) })],
    });
  }
}
