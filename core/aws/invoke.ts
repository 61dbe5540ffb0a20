import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { ConfigurationError, errorFrom, RefusedError } from '../errors.ts';
import { isDenied, mistakeOfCaller } from './refusal.ts';

/**
 * Calls a function and waits for its answer. Right: lambda:InvokeFunction on it. Throws the function's error as ours,
 * and ConfigurationError if it does not exist or may not be called.
 */
export async function invoke(client: LambdaClient, name: string, event: unknown): Promise<unknown> {
  const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) })).catch((error: Error) => {
    throw explained(name, error);
  });
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString());
  if (FunctionError === undefined) return answer;
  const { errorType = 'Unknown', errorMessage = FunctionError } = answer as { errorType?: string; errorMessage?: string };
  if (errorType === tooLarge) throw new RefusedError(`the answer is larger than a function may give (6 MB); ask for one database (${errorMessage})`);
  throw errorFrom(errorType, errorMessage);
}

const tooLarge = 'Function.ResponseSizeTooLarge';

function explained(name: string, cause: Error): Error {
  const mistake = mistakeOfCaller(cause);
  if (mistake) return new ConfigurationError(`the function ${name} cannot be called: ${mistake} (${cause.name})`, { cause });
  if (isDenied(cause)) return new ConfigurationError(`the function ${name} may not be called; allow lambda:InvokeFunction on it (${cause.message})`, { cause });
  if (cause.name === 'ResourceNotFoundException')
    return new ConfigurationError(`the function ${name} is not there any more; deploy the stack again`, { cause });
  return errorFrom('UnexpectedError', `the function ${name} could not be called: ${cause.name}: ${cause.message}`);
}
