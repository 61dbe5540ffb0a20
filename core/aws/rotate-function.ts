import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Backup } from '../catalogue/backups.ts';
import type { ClearInput, RetireInput, RotateInput, RotateOutput, Rotation } from '../workflow/rotation.ts';
import { invoke } from './invoke.ts';

/** The function `rotate`, by name. Right: lambda:InvokeFunction on it. Throws its error as ours. */
export class RotateFunction implements Rotation {
  readonly #client: LambdaClient;
  readonly #name: string;

  constructor(client: LambdaClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async rotate(input: RotateInput): Promise<RotateOutput> {
    return (await invoke(this.#client, this.#name, input)) as RotateOutput;
  }

  async retire(input: RetireInput): Promise<Backup> {
    return (await invoke(this.#client, this.#name, input)) as Backup;
  }

  async clear(input: ClearInput): Promise<void> {
    await invoke(this.#client, this.#name, input);
  }
}
