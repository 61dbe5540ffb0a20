import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Running } from '../../bytes/tool.ts';

export interface ScriptRun {
  status: number | NodeJS.Signals | null;
  /** Messages of the client program; empty, or why it stopped. */
  complaint: string;
}

/**
 * Feeds a script to a client program and returns its end. Stops feeding a program that stops reading. If the script
 * itself throws, kills the program.
 */
export async function feed(running: Running, script: AsyncIterable<Uint8Array>): Promise<ScriptRun> {
  const input = running.child.stdin as Writable;
  input.on('error', () => undefined); // a program that stops reading explains it at its end
  running.child.stdout?.resume();
  try {
    for await (const piece of script) {
      if (input.destroyed || running.child.exitCode !== null) break;
      if (!input.write(piece)) await Promise.race([once(input, 'drain').catch(() => undefined), running.ended]);
    }
    input.end();
    return { status: await running.ended, complaint: running.complaint() };
  } finally {
    running.child.kill('SIGKILL');
  }
}
