import { startReading } from '../../bytes/tool.ts';
import { SourceUnreachableError } from '../../errors.ts';
import type { Launch } from '../../programs/launch.ts';

/**
 * Longest silence of a dump tool, in milliseconds. Generous: a table of hundreds of gigabytes with nothing but deleted
 * rows is read in silence.
 */
const usualPatience = 60 * 60_000;

export interface DumpTool {
  /** Name, for messages. */
  name: string;
  launch: Launch;
  args: string[];
  env: Record<string, string>;
  /** Makes the error that its status and messages mean. */
  failure(status: number | NodeJS.Signals | null, said: string): Error;
  /** Receives the messages of a tool that succeeded. */
  warned?: (said: string) => void;
  /** Milliseconds without data, although we were ready to read, after which a SourceUnreachableError is thrown. */
  patience?: number | undefined;
}

/**
 * Yields a dump tool's output, block by block. Ends normally only if the tool did. If the consumer stops reading
 * earlier, the tool is stopped.
 */
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
