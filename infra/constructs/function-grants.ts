import { Stack } from 'aws-cdk-lib';
import type { BackupFunction } from './backup-function.ts';
import { allow, finding, type Grant } from './grant.ts';
import type { Placed, Workflow } from './workflow.ts';

/** Grants starting a workflow; `setting` names its ARN. */
export function startOf({ stateMachine }: Workflow, setting = 'SAUVEGARDE_WORKFLOW'): Grant {
  return { environment: { [setting]: stateMachine.stateMachineArn }, statements: [allow(['states:StartExecution'], [stateMachine.stateMachineArn])] };
}

/** Grants learning how an execution ended. Executions are named by database and slot. */
export function describeOf({ stateMachine }: Workflow): Grant {
  const stack = Stack.of(stateMachine);
  const own = (name: string) => `arn:${stack.partition}:states:${stack.region}:${stack.account}:execution:${name}:*`;
  const [id, attribute] = stack.resolve(stateMachine.stateMachineName)['Fn::GetAtt'] as [string, string];
  return {
    environment: {},
    statements: [allow(['states:DescribeExecution'], [own(stateMachine.stateMachineName)])],
    acknowledged: { [finding(stack, own(`<${id}.${attribute}>`))]: 'Executions of this one workflow are named by database and slot.' },
  };
}

/** Grants calling the function that may retire. */
export function invoke({ function: { functionArn } }: BackupFunction): Grant {
  return { environment: { SAUVEGARDE_ROTATE: functionArn }, statements: [allow(['lambda:InvokeFunction'], [functionArn])] };
}

/** Grants learning what AWS Backup restored and where it is, and telling the result. */
export function restoreTests(stack: Stack): Grant {
  const instances = `arn:${stack.partition}:rds:${stack.region}:${stack.account}:db:*`;
  return {
    environment: {},
    statements: [allow(['backup:DescribeRestoreJob', 'backup:PutRestoreValidationResult'], ['*']), allow(['rds:DescribeDBInstances'], [instances])],
    acknowledged: {
      'AwsSolutions-IAM5[Resource::*]': 'Restore jobs are no resources of IAM (Service Authorization Reference, "AWS Backup").',
      [finding(stack, instances)]: 'AWS Backup names restored instances when it makes them.',
    },
  };
}

/** Grants having restored instances read by those who dump. */
export function readers(dumpers: ReadonlyMap<string, Placed>): Grant {
  const functions = [...dumpers].map(([place, dumper]) => [place, dumper.function.function] as const);
  return {
    environment: { SAUVEGARDE_DUMPERS: functions.map(([place, { functionName }]) => `${place}=${functionName}`).join(' ') },
    statements: [
      allow(
        ['lambda:InvokeFunction'],
        functions.map(([, { functionArn }]) => functionArn),
      ),
    ],
  };
}
