import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ConfigurationError, errorFrom } from '../errors.ts';
import { isDenied, mistakeOfCaller } from './refusal.ts';

/**
 * Reads the outputs of a deployed stack, by name. Right: cloudformation:DescribeStacks. Throws ConfigurationError if
 * the stack does not exist or may not be seen.
 */
export async function outputsOf(client: CloudFormationClient, stack: string): Promise<Record<string, string>> {
  const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack })).catch(async (error: Error) => {
    throw await explained(client, stack, error);
  });
  return Object.fromEntries((found?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

async function explained(client: CloudFormationClient, stack: string, cause: Error): Promise<Error> {
  const mistake = mistakeOfCaller(cause);
  if (mistake) return new ConfigurationError(`the stack ${stack} cannot be looked up: ${mistake} (${cause.name})`, { cause });
  const region = await client.config.region();
  if (/does not exist/.test(cause.message))
    return new ConfigurationError(`there is no stack ${JSON.stringify(stack)} in ${region} in this account; check its name, AWS_REGION and AWS_PROFILE`, {
      cause,
    });
  if (isDenied(cause))
    return new ConfigurationError(`the stack ${stack} may not be looked up; allow cloudformation:DescribeStacks on it (${cause.message})`, { cause });
  if (cause.name === 'ValidationError') return new ConfigurationError(`${JSON.stringify(stack)} is no name of a stack: ${cause.message}`, { cause });
  return errorFrom('UnexpectedError', `CloudFormation in ${region} could not be asked: ${cause.name}: ${cause.message}`);
}
