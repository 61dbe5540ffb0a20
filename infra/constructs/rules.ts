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
  readonly workflow: Workflow;
  readonly deadLetters: Queue;
}

/**
 * Rules that run beside the schedules: a failed execution is settled whatever stopped it, and a new stack makes its
 * first backups.
 */
export class Rules extends Construct {
  constructor(scope: Construct, id: string, { deadLetters, settle, start, workflow }: RulesProps) {
    super(scope, id);
    const delivery = { deadLetterQueue: deadLetters, retryAttempts: 10, maxEventAge: Duration.hours(1) };
    new Rule(this, 'Failed', {
      description: 'Executions that failed, ran out of time or were aborted are settled',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [workflow.stateMachine.stateMachineArn] },
      },
      targets: [new LambdaFunction(settle.function, delivery)],
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
