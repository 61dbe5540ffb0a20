import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import { start } from '../../bytes/tool.ts';
import { errorFrom, ToolFailedError } from '../../errors.ts';
import type { Launch } from '../../programs/launch.ts';
import type { Work } from '../engine.ts';
import { sqliteCard } from './card.ts';
import type { Answer, Verbs } from './tool.ts';

/** The tool beside this file; beside a bundle it has the engine's name. */
const program = new URL(import.meta.url.endsWith('.ts') ? sqliteCard.program : `${sqliteCard.name}.mjs`, import.meta.url);
const ourselves: Launch = { command: process.execPath, args: [fileURLToPath(program)], env: {}, links: {} };

/** Runs one verb of the tool to its last answer. Throws as `answersOf` does. */
export async function runTool<Verb extends keyof Verbs>(verb: Verb, words: string[], work: Pick<Work, 'signal' | 'scratch'>): Promise<Verbs[Verb]> {
  return await lastOf(answersOf(verb, words, work));
}

/**
 * Runs one verb of the tool and yields its answers as they come; it ends with the program. Throws the tool's error with
 * its own class, and ToolFailedError if the program dies. To be read to its end.
 */
export async function* answersOf<Verb extends keyof Verbs>(
  verb: Verb,
  words: string[],
  { signal, scratch }: Pick<Work, 'signal' | 'scratch'>,
): AsyncGenerator<Verbs[Verb], void, void> {
  const cache = getCompileCacheDir();
  const { LD_LIBRARY_PATH: libraries } = process.env; // Node itself may need it, as where Lambda has put it
  const env = { TMPDIR: scratch, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }), ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }) };
  const { child, ended, complaint } = start(ourselves, [verb, ...words], { env, signal, stdin: 'ignore' });
  let [output, last]: [string, Answer<Verbs[Verb]> | undefined] = ['', undefined];
  for await (const text of child.stdout?.setEncoding('utf8') ?? []) {
    const lines = (output + text).split('\n');
    output = lines.pop() ?? '';
    for (const line of lines) {
      last = JSON.parse(line) as Answer<Verbs[Verb]>;
      if ('result' in last) yield last.result;
    }
  }
  const status = await ended;
  if (status !== 0 || last === undefined)
    throw new ToolFailedError(`the SQLite tool (${verb}) ended with ${status}: ${complaint().slice(-500) || 'it said nothing'}`);
  if ('error' in last) throw errorFrom(last.error.name, last.error.message);
}

/** Returns the last of the answers that are still to come. */
export async function lastOf<T>(answers: AsyncIterable<T>): Promise<T> {
  let last: { answer: T } | undefined;
  for await (const answer of answers) last = { answer };
  if (last === undefined) throw new ToolFailedError('the SQLite tool ended before its last answer');
  return last.answer;
}
