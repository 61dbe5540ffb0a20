import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { start } from '../../bytes/tool.ts';
import type { Launch } from '../../launch.ts';
import { type Connection, keepalives } from './connection.ts';
import { monetary } from './pg-dump.ts';

export interface ScriptRun {
  status: number | NodeJS.Signals | null;
  /** What psql said: nothing, or why it stopped. Row contents are not quoted. */
  complaint: string;
}

/**
 * Feeds a script to psql: `whole` in one transaction that stops at the first error, otherwise statement by statement to the end. The script runs restricted by a key of our own, so psql refuses every meta-command in it.
 */
export async function runScript(
  psql: Launch,
  connection: Connection,
  script: AsyncIterable<Uint8Array>,
  { whole, signal }: { whole: boolean; signal: AbortSignal },
): Promise<ScriptRun> {
  const stop = `ON_ERROR_STOP=${whole ? 1 : 0}`;
  const env = { LC_ALL: 'C', PGAPPNAME: 'sauvegarde', PGOPTIONS: `-c lc_monetary=${monetary}`, ...connection };
  const running = start(
    psql,
    [keepalives, '-X', '-q', '--no-password', '-v', stop, '-v', 'VERBOSITY=terse', '-v', 'SHOW_CONTEXT=never', '-o', '/dev/null', '-f', '-'],
    {
      env,
      signal,
      stdin: 'pipe',
    },
  );
  const input = running.child.stdin as Writable;
  input.on('error', () => undefined); // psql that stopped reading says why when it ends
  running.child.stdout?.resume();
  try {
    // not psql's own -1: it commits when its input ends, which it does when we are killed in the middle
    input.write(`\\restrict ${randomBytes(32).toString('hex')}\n${whole ? 'BEGIN;\n' : ''}`);
    for await (const piece of script) {
      if (input.destroyed || running.child.exitCode !== null) break;
      if (!input.write(piece)) await Promise.race([once(input, 'drain').catch(() => undefined), running.ended]);
    }
    input.end(whole ? 'COMMIT;\n' : '');
    return { status: await running.ended, complaint: running.complaint() };
  } finally {
    running.child.kill('SIGKILL');
  }
}
