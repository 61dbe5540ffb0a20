import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { ToolFailedError } from '../errors.ts';
import type { Launch } from '../programs/launch.ts';
import { openOutput, type Silence } from './program-output.ts';

/** A running program whose standard output is read. */
export interface Running {
  child: ChildProcess;
  /** Returns the end of its standard error, in whole lines. */
  complaint(): string;
  /** Resolves to its exit status, or to the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
}

/** Longest part of standard error that is kept, in characters: a tool that repeats itself must not fill memory. */
const usualComplaint = 64 * 1024;

/**
 * Starts a program whose standard output comes in blocks of 1 MiB. The blocks throw `silence`; their reader must end
 * the program.
 */
export async function startReading(
  launch: Launch,
  args: string[],
  { env, signal, silence }: { env: Record<string, string>; signal: AbortSignal; silence?: Silence },
): Promise<Running & { blocks: AsyncIterable<Uint8Array> }> {
  signal.throwIfAborted();
  const { stdout, blocks } = await openOutput(silence);
  try {
    return { ...start(launch, args, { env, signal, stdin: 'ignore', stdout }), blocks };
  } catch (error) {
    stdout.destroy();
    await blocks.return?.();
    throw error;
  }
}

/**
 * Starts a program with a minimal environment. If the signal fires, kills it, and `ended` rejects with the signal's
 * reason.
 */
export function start(
  launch: Launch,
  args: string[],
  {
    env,
    signal,
    stdin,
    stdout = 'pipe',
    mostComplaint = usualComplaint,
  }: { env: Record<string, string>; signal: AbortSignal; stdin: 'ignore' | 'pipe'; stdout?: 'pipe' | Socket; mostComplaint?: number },
): Running {
  signal.throwIfAborted();
  const child = spawn(launch.command, [...launch.args, ...args], { env: { ...launch.env, ...env }, stdio: [stdin, stdout, 'pipe'] });
  if (stdout !== 'pipe') stdout.destroy(); // the program has its own copy; when it closes that, the output ends
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // a line can hold a whole statement, and begins with what matters
    const begun = said.lastIndexOf('\n') + 1;
    said = said.slice(0, begun) + (said.slice(begun) + text).replaceAll(/.+/g, (line) => line.slice(0, mostComplaint / 4));
    if (said.length <= mostComplaint) return;
    const kept = said.slice(-mostComplaint);
    said = kept.slice(kept.indexOf('\n') + 1);
  });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', (error) => reject(new ToolFailedError(`${launch.command} could not be started: ${error.message}`, { cause: error })));
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve(code ?? killedBy);
    });
  });
  ended.catch(() => undefined); // thrown where it is awaited
  return { child, ended, complaint: () => said.trim() };
}
