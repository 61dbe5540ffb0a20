import { randomBytes } from 'node:crypto';
import { start } from '../../../bytes/tool.ts';
import type { Launch } from '../../../programs/launch.ts';
import { feed, type ScriptRun } from '../../server/script-run.ts';
import { type Connection, keepalives } from '../connect/connection.ts';

/** Complaint of the server about the statement, or the rows, that end on this line of psql's input. */
export interface Refusal {
  line: number;
  reason: string;
}

/** Largest number of refusals that are kept: a script that fails everywhere must not fill memory. */
const mostRefusals = 10_000;

/**
 * Feeds a script to psql: `whole` in one transaction that stops at the first error, otherwise statement by statement to
 * the end. The connection must have been offered our settings, as for pgDump.
 * The script runs restricted by a key of our own, so psql refuses every meta-command in it. The complaint quotes no row
 * contents.
 */
export async function runScript(
  psql: Launch,
  connection: Connection,
  script: AsyncIterable<Uint8Array>,
  { whole, signal }: { whole: boolean; signal: AbortSignal },
): Promise<ScriptRun & { refusals: Refusal[] }> {
  const stop = `ON_ERROR_STOP=${whole ? 1 : 0}`;
  const env = { LC_ALL: 'C', PGAPPNAME: 'sauvegarde', ...connection };
  const running = start(
    psql,
    [keepalives, '-X', '-q', '--no-password', '-v', stop, '-v', 'VERBOSITY=terse', '-v', 'SHOW_CONTEXT=never', '-o', '/dev/null', '-f', '-'],
    {
      env,
      signal,
      stdin: 'pipe',
    },
  );
  const refusals: Refusal[] = [];
  let begun = '';
  // psql's complaint is cut where it is long
  running.child.stderr?.on('data', (text: string) => {
    const lines = `${begun}${text}`.split('\n');
    begun = lines.pop() ?? '';
    for (const line of lines) if (refusals.length < mostRefusals) refusals.push(...refusalIn(line));
  });
  return { ...(await feed(running, restricted(script, whole))), refusals };
}

/** Reads `psql:<stdin>:12: ERROR:  … at character 3`. */
function refusalIn(complaint: string): Refusal[] {
  const [, line, reason] = /^psql:<stdin>:(\d+): (?:ERROR|FATAL|PANIC|error): +(.*?)(?: at character \d+)?$/.exec(complaint) ?? [];
  return reason === undefined ? [] : [{ line: Number(line), reason: withoutContents(reason) }];
}

/** Removes the value that an input function quotes. */
function withoutContents(reason: string): string {
  return reason.replace(/^(invalid input (?:syntax|value) for .*?): ".*"$/, '$1');
}

/**
 * Frames the script. psql's own -1 is no substitute: it commits when its input ends, which also happens when we are
 * killed in the middle.
 */
async function* restricted(script: AsyncIterable<Uint8Array>, whole: boolean): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`\\restrict ${randomBytes(32).toString('hex')}\n${whole ? 'BEGIN;\n' : ''}`);
  yield* script;
  if (whole) yield Buffer.from('COMMIT;\n');
}

/** Joins statements into a script. */
export async function* textOf(statements: string[], encoding: 'utf8' | 'latin1' = 'utf8'): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${statements.join('\n')}\n`, encoding);
}

/**
 * Splits psql's complaint into lines, without places in a script that only we have seen: `psql:<stdin>:12: ERROR:  … at
 * character 3`.
 */
export function linesOf(complaint: string): string[] {
  return complaint
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^psql:<stdin>:\d+: +/, '').replace(/ at character \d+$/, ''));
}
