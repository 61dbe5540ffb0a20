import { cloudFormation, lambdaFunctions } from '../../core/aws/clients.ts';
import { invoke } from '../../core/aws/invoke.ts';
import { outputsOf } from '../../core/aws/stack-outputs.ts';
import { verified } from '../../core/bytes/stored.ts';
import type { Prover } from '../../core/engines/cards.ts';
import { ConfigurationError } from '../../core/errors.ts';
import type { SignOutput } from '../../core/operations/orders/sign.ts';
import type { StartOutput } from '../../core/operations/orders/start.ts';
import type { Log } from '../../core/platform.ts';
import { fetched } from './fetched.ts';
import { follow } from './follow.ts';
import type { Home } from './home.ts';

/** Functions of a stack, by the names of its outputs. */
export type StackFunction = 'StartFunction' | 'AdministerFunction' | 'SignFunction' | 'DumpFunction' | `${Capitalize<Prover>}Function`;

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

export interface StackOptions {
  name: string;
  timeZone: string;
  by: string;
  signal: AbortSignal;
  log: Log;
}

/**
 * Makes the home of a stack on AWS. Every order goes through one of its functions, so that their roles decide and the
 * audit log knows who asked.
 */
export async function stackHome({ name, timeZone, by, signal, log }: StackOptions): Promise<Home> {
  const { call, bucket } = await findStack(name);
  const again = `sauvegarde --stack ${name}`;
  const carryOut: Home['carryOut'] = async (order) => (await call('AdministerFunction', order)) as never;
  return {
    timeZone,
    carryOut,
    backUp: async function* (database) {
      const { executions } = (await call('StartFunction', { requestedBy: by, ...(database !== undefined && { database }) })) as StartOutput;
      yield* await follow({ carryOut, executions, signal, log, again });
    },
    download: async (backup) => {
      const { url, ...link } = (await call('SignFunction', { backup, by })) as SignOutput;
      const { size, bytes } = await fetched(url, link, signal);
      return { ...link, bytes: verified(bytes, size, { ...link, key: link.file }) };
    },
    locate: (key) => `s3://${bucket}/${key}`,
    reach: ({ id }) => `after "${again} download ${id}"`,
  };
}
