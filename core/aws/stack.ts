import type { Prover } from '../engines/cards.ts';
import { ConfigurationError } from '../errors.ts';
import { cloudFormation, lambdaFunctions } from './clients.ts';
import { invoke } from './invoke.ts';
import { outputsOf } from './stack-outputs.ts';

/** Functions of a stack, by the names of its outputs. */
export type StackFunction =
  | 'StartFunction'
  | 'AdministerFunction'
  | 'SignFunction'
  | 'DumpFunction'
  | 'SweepFunction'
  | 'WatchFunction'
  | `${Capitalize<Prover>}Function`;

/** A deployed stack, as far as it can be called. */
export interface Stack {
  /** Calls a function and waits for its answer. Throws its error as ours. */
  call(name: StackFunction, event: unknown): Promise<unknown>;
  /** Returns true if the stack has the function: some functions exist only for some databases. */
  has(name: StackFunction): boolean;
  /** Name of the vault's bucket. */
  bucket: string;
}

/**
 * Looks up a stack, with AWS's usual credentials. Throws ConfigurationError if it does not exist, may not be seen or is
 * none of ours.
 */
export async function findStack(name: string): Promise<Stack> {
  const outputs = await outputsOf(cloudFormation(), name);
  const output = (key: StackFunction | 'Bucket') => {
    const value = Object.hasOwn(outputs, key) ? outputs[key] : undefined;
    if (!value)
      throw new ConfigurationError(
        `the stack ${name} has no output ${key}: it is none of Sauvegarde's, of an older version, or not deployed yet; see "npm run deploy"`,
      );
    return value;
  };
  return { call: (each, event) => invoke(lambdaFunctions(), output(each), event), has: (each) => Object.hasOwn(outputs, each), bucket: output('Bucket') };
}
