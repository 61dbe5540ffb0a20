import type { Prover } from '../engines/cards.ts';
import { ConfigurationError } from '../errors.ts';
import { systemClock } from '../time/clock.ts';
import { runBuild } from './builds.ts';
import { cloudFormation, codeBuild, lambdaFunctions } from './clients.ts';
import { invoke } from './invoke.ts';
import { outputsOf } from './stack-outputs.ts';

/** Functions of a stack, by the names of its outputs. */
export type StackFunction =
  | 'StartFunction'
  | 'AdministerFunction'
  | 'SignFunction'
  | `DumpFunction${number | ''}`
  | `RestoreFunction${number | ''}`
  | 'SweepFunction'
  | 'WatchFunction'
  | `${Capitalize<Prover>}Function`;

/** Projects of the larger compute of a stack, by the names of its outputs. */
export type StackProject = `${'Dump' | 'Restore'}Build${number | ''}` | 'ProofBuild';

/** A deployed stack, as far as it can be called. */
export interface Stack {
  /** Calls a function and waits for its answer. Throws its error as ours. */
  call(name: StackFunction, event: unknown): Promise<unknown>;
  /** Runs a build to its end, as `runBuild` does. Returns the variables that it exported. */
  build(name: StackProject, order: Parameters<typeof runBuild>[2]): ReturnType<typeof runBuild>;
  /** Returns true if the stack has the function: some functions exist only for some databases. */
  has(name: StackFunction): boolean;
  /** Name of the vault's bucket. */
  bucket: string;
}

/**
 * Looks up a stack, by its name or, if it holds several Sauvegardes, by `STACK/CONSTRUCT`, with AWS's usual
 * credentials. Throws ConfigurationError if it does not exist, may not be seen or is none of ours.
 */
export async function findStack(name: string): Promise<Stack> {
  const [stack = '', construct] = name.startsWith('arn:') ? [name] : name.split('/', 2);
  const outputs = ofOne(await outputsOf(cloudFormation(), stack), { name, stack, construct });
  const output = (key: StackFunction | StackProject | 'Bucket') => {
    const value = Object.hasOwn(outputs, key) ? outputs[key] : undefined;
    if (!value)
      throw new ConfigurationError(
        `the stack ${name} has no output ${key}: it is none of Sauvegarde's, of an older version, or not deployed yet; see "npm run deploy"`,
      );
    return value;
  };
  return {
    call: (each, event) => invoke(lambdaFunctions(), output(each), event),
    build: async (each, order) => runBuild({ client: codeBuild(), clock: systemClock }, output(each), order),
    has: (each) => Object.hasOwn(outputs, each),
    bucket: output('Bucket'),
  };
}

/** Output that every Sauvegarde has; before it stands the construct's id, unless that is "Default". */
const first = 'AdministerFunction';

/**
 * Returns the outputs of one Sauvegarde, without its id before their names. Throws ConfigurationError if the stack
 * holds another, or several and none is named.
 */
function ofOne(outputs: Record<string, string>, { construct, name, stack }: { name: string; stack: string; construct: string | undefined }) {
  const there = Object.keys(outputs).flatMap((key) => (key.endsWith(first) ? [key.slice(0, -first.length)] : []));
  const wanted = construct?.replace(/[^A-Za-z0-9]/g, '') ?? (there.length === 1 ? there[0] : '');
  if (there.length > 0 && !there.includes(wanted ?? ''))
    throw new ConfigurationError(
      `the stack ${stack} holds ${construct === undefined ? 'several Sauvegardes' : `no Sauvegarde ${JSON.stringify(name)}`}; write ${there.map((each) => `--stack ${each === '' ? stack : `${stack}/${each}`}`).join(' or ')}`,
    );
  const before = wanted ?? '';
  return Object.fromEntries(Object.entries(outputs).flatMap(([key, value]) => (key.startsWith(before) ? [[key.slice(before.length), value]] : [])));
}
