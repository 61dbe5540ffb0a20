import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from '../core/programs/launch.ts';
import { type Client, ownVersion, productOfClient } from '../core/programs/tools.ts';
import { KeptAMinute } from '../core/time/kept-a-minute.ts';

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

/**
 * Answers of programs. Some clients of Debian are scripts that take a tenth of a second to find the real ones, and a
 * backup needs them a dozen times.
 */
const answers = new KeptAMinute<Promise<string>>();

/**
 * Asks a program for its version; empty if it is missing or does not answer. An answer is remembered for a minute, and
 * only of the same file: a folder of PATH may be a link to another one.
 */
async function answerOf(command: string): Promise<string> {
  const file = await stat(command).catch(() => undefined);
  if (!file?.isFile()) return '';
  const key = [basename(command), file.dev, file.ino, file.size, file.mtimeMs].join();
  const known = answers.get(key);
  if (known) return known;
  const answer = run(command, ['--version'], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  answers.set(key, answer);
  return answer;
}
