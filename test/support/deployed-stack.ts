import { expect } from 'vitest';
import { type Ended, project, sauvegarde } from './cli.ts';
import { deployWithPostgres } from './deployed-postgres.ts';
import type { DatabaseWith } from './deployment.ts';
import { asStack } from './stack.ts';

/** Makes a deployment that the command line finds as a stack, a folder to run it in, and `run`, which runs it there. */
export async function deployedStack(options: Parameters<typeof asStack>[1] = {}, extra?: Parameters<typeof deployWithPostgres>[3]) {
  const main: DatabaseWith = (secret) => ({ engine: 'postgres', connection: { secret, sslmode: 'disable' }, keep: 1 });
  const deployed = await deployWithPostgres(main, undefined, undefined, extra);
  const stack = await asStack(deployed, options);
  const folder = project({ timeZone: 'America/Cayenne' });
  const run = (words: string[]) => sauvegarde(folder, ['--stack', stack.name, ...words], { env: stack.environment });
  return { deployed, stack, folder, run };
}

/** Parses the JSON that a successful command has printed. */
export function jsonOf({ status, stdout, stderr }: Ended): unknown {
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return JSON.parse(stdout);
}
