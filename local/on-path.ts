import { execFile } from 'node:child_process';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from '../core/programs/launch.ts';
import { type Client, ownVersion, productOfClient } from '../core/programs/tools.ts';

const run = promisify(execFile);

/** Finds the first program of that name on PATH that is of its product, and no older than ours. */
export async function onPath(program: Client): Promise<Launch | undefined> {
  const product = productOfClient(program);
  const [major, minor] = ownVersion(product);
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const command = join(folder, program);
    const [, foundMajor = 0, foundMinor = 0] = product.programs.clients.answer.exec(await answerOf(command)) ?? [];
    if (Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor)) return { command, args: [], env: {}, links: {} };
  }
  return undefined;
}

/** Asks a program for its version; empty if it is missing or does not answer. */
async function answerOf(command: string): Promise<string> {
  try {
    return (await run(command, ['--version'], { timeout: 10_000 })).stdout;
  } catch {
    return '';
  }
}
