import { getCompileCacheDir } from 'node:module';
import { text } from 'node:stream/consumers';
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

/** Runs one verb of the tool. Throws the tool's error with its own class, and ToolFailedError if the program dies. */
export async function runTool<Verb extends keyof Verbs>(
  verb: Verb,
  words: string[],
  { signal, scratch }: Pick<Work, 'signal' | 'scratch'>,
): Promise<Verbs[Verb]> {
  const cache = getCompileCacheDir();
  const { LD_LIBRARY_PATH: libraries } = process.env; // Node itself may need it, as where Lambda has put it
  const env = { TMPDIR: scratch, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }), ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }) };
  const { child, ended, complaint } = start(ourselves, [verb, ...words], { env, signal, stdin: 'ignore' });
  const [output, status] = await Promise.all([child.stdout ? text(child.stdout) : '', ended]);
  if (status !== 0 || output === '')
    throw new ToolFailedError(`the SQLite tool (${verb}) ended with ${status}: ${complaint().slice(-500) || 'it said nothing'}`);
  const answer = JSON.parse(output) as Answer<Verbs[Verb]>;
  if ('error' in answer) throw errorFrom(answer.error.name, answer.error.message);
  return answer.result;
}
