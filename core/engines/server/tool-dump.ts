import { startReading } from '../../bytes/tool.ts';
import { SourceUnreachableError } from '../../errors.ts';
import type { Launch } from '../../programs/launch.ts';

/** How long a dump tool may write nothing, in milliseconds. Generous: a table of hundreds of gigabytes that holds nothing but deleted rows is read in silence. */
const usualPatience = 60 * 60_000;

export interface DumpTool {
  /** For messages. */
  name: string;
  launch: Launch;
  args: string[];
  env: Record<string, string>;
  /** The error that its status and last words mean. */
  failure(status: number | NodeJS.Signals | null, said: string): Error;
  /** Told at the end what it said although it succeeded. */
  warned?: (said: string) => void;
  /** When nothing has come for so many milliseconds although we were ready to read, that is a SourceUnreachableError. */
  patience?: number | undefined;
}

/** What a dump tool writes, block by block. It ends normally only when the tool did; who stops reading before that stops the tool. */
export async function* bytesOf(
  { name, launch, args, env, failure, warned, patience = usualPatience }: DumpTool,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const silence = { after: patience, error: new SourceUnreachableError(`${name} has received nothing from the server for ${patience / 1000} s`) };
  const running = await startReading(launch, args, { env, signal, silence });
  try {
    yield* running.blocks;
    const status = await running.ended;
    if (status !== 0) throw failure(status, running.complaint());
    warned?.(running.complaint());
  } finally {
    running.child.kill('SIGKILL');
  }
}
