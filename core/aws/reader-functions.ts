import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Config } from '../config/config.ts';
import { databaseOf } from '../config/database-of.ts';
import { ConfigurationError } from '../errors.ts';
import { noPlace } from '../names.ts';
import type { Reader, RestoredInventory, ToRead } from '../operations/keeping/read-restored.ts';
import { invoke } from './invoke.ts';

/**
 * Functions that dump, by place: each reads restored instances where it reaches its databases. Right:
 * lambda:InvokeFunction on them. Throws their errors as ours.
 */
export class ReaderFunctions implements Reader {
  readonly #client: LambdaClient;
  readonly #names: ReadonlyMap<string, string>;
  readonly #config: Config;

  constructor(client: LambdaClient, names: ReadonlyMap<string, string>, config: Config) {
    this.#client = client;
    this.#names = names;
    this.#config = config;
  }

  async read(restored: ToRead): Promise<RestoredInventory> {
    const { place = noPlace } = databaseOf({ config: this.#config }, restored.database);
    const name = this.#names.get(place);
    if (name === undefined) throw new ConfigurationError(`no function dumps from ${place}; deploy the stack again`);
    return (await invoke(this.#client, name, { read: restored })) as RestoredInventory;
  }
}
