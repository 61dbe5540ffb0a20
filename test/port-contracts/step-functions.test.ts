import { randomUUID } from 'node:crypto';
import { CreateStateMachineCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { StepFunctionsExecutions } from '../../core/aws/step-functions.ts';
import { awsEnvironment, describeAws } from '../support/aws.ts';
import { executionsContract } from './executions.ts';

const role = 'arn:aws:iam::123456789012:role/workflow';

async function stateMachine() {
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = await awsEnvironment();
  const client = new SFNClient({ endpoint, region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
  const definition = JSON.stringify({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } });
  const { stateMachineArn = '' } = await client.send(new CreateStateMachineCommand({ name: `backup-${randomUUID()}`, roleArn: role, definition }));
  return {
    client,
    executions: new StepFunctionsExecutions(client, stateMachineArn),
    idOf: (name: string) => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`,
  };
}

describeAws('a workflow in Step Functions', () => {
  executionsContract(async () => {
    const { client, ...home } = await stateMachine();
    const lose = async (executionArn: string) => void (await client.send(new StopExecutionCommand({ executionArn, error: 'Lost', cause: 'by a test' })));
    return { ...home, lose };
  });

  it('knows no end of an execution that it does not know, nor of an id of another home', async () => {
    const { executions, idOf } = await stateMachine();
    expect(await executions.endOf(idOf('never'))).toBeUndefined();
    expect(await executions.endOf('0a1b2c3d:main-20261122_020000Z:4e5f6a7b')).toBeUndefined();
  });
});
