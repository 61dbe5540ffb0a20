import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
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

/**
 * Time for which an answer is remembered. Some clients of Debian are scripts that take a tenth of a second to
 * find the real ones, and a backup needs them a dozen times.
 */
const rememberedMilliseconds = 60_000;
const answers = new Map<string, { answer: Promise<string>; until: number }>();

/**
 * Asks a program for its version; empty if it is missing or does not answer. An answer is remembered for a minute, and
 * only of the same file: a folder of PATH may be a link to another one.
 */
async function answerOf(command: string): Promise<string> {
  const file = await stat(command).catch(() => undefined);
  if (!file?.isFile()) return '';
  const key = [basename(command), file.dev, file.ino, file.size, file.mtimeMs].join();
  const known = answers.get(key);
  if (known && performance.now() < known.until) return known.answer;
  const answer = run(command, ['--version'], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  answers.set(key, { answer, until: performance.now() + rememberedMilliseconds });
  return answer;
}
