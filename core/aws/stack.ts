import { ConfigurationError } from '../errors.ts';
import { cloudFormation, lambdaFunctions } from './clients.ts';
import { invoke } from './invoke.ts';
import { outputsOf } from './stack-outputs.ts';

/** A stack's functions, by the names of its outputs. */
export type StackFunction = 'StartFunction' | 'AdministerFunction' | 'SignFunction' | 'DumpFunction' | 'ProveFunction' | 'ProveMysqlFunction';

/** A deployed stack, as far as it can be called. */
export interface Stack {
  /** Calls a function and waits for its answer; its error comes back as ours. */
  call(name: StackFunction, event: unknown): Promise<unknown>;
  /** Not every stack has what only some databases need. */
  has(name: StackFunction): boolean;
  /** The vault. */
  bucket: string;
}

/** Looks a stack up, with AWS's usual credentials. One that is not there, may not be seen or is none of ours is a ConfigurationError. */
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
