import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { errorFrom } from '../errors.ts';
import type { RotateInput, RotateOutput } from '../operations/rotate.ts';
import type { Rotation } from '../operations/rotation.ts';

/** The function `rotate`, by name. Right: lambda:InvokeFunction on it. Its error comes back as ours. */
export class RotateFunction implements Rotation {
  readonly #client: LambdaClient;
  readonly #name: string;

  constructor(client: LambdaClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async rotate(input: RotateInput): Promise<RotateOutput> {
    const { FunctionError, Payload } = await this.#client.send(new InvokeCommand({ FunctionName: this.#name, Payload: JSON.stringify(input) }));
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString());
    if (FunctionError === undefined) return answer as RotateOutput;
    const { errorType, errorMessage } = answer as { errorType?: string; errorMessage?: string };
    throw errorFrom(errorType ?? 'Unknown', errorMessage ?? FunctionError);
  }
}
