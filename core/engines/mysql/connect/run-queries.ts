import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { start } from '../../../bytes/tool.ts';
import { SourceUnreachableError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { linesOf } from '../../server/client-session.ts';
import { mysqlError } from '../failures.ts';
import { clientOf, type Family } from '../family.ts';
import type { Access } from './access.ts';
import { complaintsIn } from './complaints.ts';
import { optionsOf, settings } from './session.ts';

/** Longest time for one statement, in milliseconds. */
const usualPatience = 10 * 60_000;
/** Longest part of the complaints that is kept, in characters: some 30,000 objects may each have one. */
const mostComplaints = 4 * 1024 * 1024;

interface QueryPlace {
  family: Family;
  access: Access;
  database: string;
  patience?: number | undefined;
}

/**
 * Runs statements one after the other, whatever the server refuses. Passes the rows of each that succeeded to `take`,
 * with the statement's index; a NULL is undefined. Returns the server's complaints by index; a lock is waited for no
 * longer than a second. Throws if the server was lost.
 */
export async function runQueries(
  statements: readonly string[],
  { tools, signal }: Pick<Work, 'tools' | 'signal'>,
  { family, access, database, patience = usualPatience }: QueryPlace,
  take: (rows: (string | undefined)[][], index: number) => void,
): Promise<Map<number, string>> {
  if (statements.length === 0) return new Map();
  const client = await tools.client(clientOf[family], signal);
  const args = [...access.argumentsFor(family), ...optionsOf(family), '--batch', '--force', `--database=${database}`];
  const running = start(client, args, { env: { LC_ALL: 'C' }, signal, stdin: 'pipe', mostComplaint: mostComplaints });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    running.child.kill('SIGKILL');
  }, patience);
  const lines = new Map<number, number>();
  const writing = write(running.child.stdin as Writable, statements, lines, running.ended);
  try {
    let [index, rows]: [number, (string | undefined)[][]] = [0, []];
    let isAnswered = 0;
    for await (const line of linesOf(running.child.stdout as AsyncIterable<Uint8Array>)) {
      if (line === end(index)) {
        timer.refresh();
        if (rows.length > 0) take(rows, index);
        [index, rows, isAnswered] = [index + 1, [], index + 1];
      } else rows.push(line.split('\t').map(unescaped));
    }
    await writing;
    const status = await running.ended;
    const complaint = running.complaint();
    if (isLate) throw new SourceUnreachableError(`the server has not answered a query for ${patience / 1000} s`);
    const complaints = complaintsIn(complaint);
    if (isAnswered < statements.length) throw mysqlError(clientOf[family], status, complaints.at(-1)?.said ?? complaint);
    return new Map(complaints.flatMap(({ line, said }) => (lines.has(line) ? [[lines.get(line) as number, said]] : [])));
  } finally {
    clearTimeout(timer);
    running.child.kill('SIGKILL');
  }
}

/** Writes the statements, each followed by a line of its own in the answers. Notes the line on which each begins. */
async function write(input: Writable, statements: readonly string[], lines: Map<number, number>, ended: Promise<unknown>): Promise<void> {
  input.on('error', () => undefined); // the program's end explains it
  input.write(`${settings.replaceAll('\n', ' ')}; SET SESSION lock_wait_timeout = 1;\n`);
  let line = 2;
  for (const [index, statement] of statements.entries()) {
    lines.set(line, index);
    const text = `${statement};\nSELECT '${end(index)}';\n`;
    line += text.split('\n').length - 1;
    if (!input.write(text)) await Promise.race([once(input, 'drain').catch(() => undefined), ended.catch(() => undefined)]);
    if (input.destroyed) return;
  }
  input.end();
}

/** Returns the line that ends the answer to a statement. No answer has such a line: a name has less characters. */
function end(index: number): string {
  return `sauvegarde has the whole answer to its question, and goes on to another one: ${index}`;
}

const escapes: Record<string, string> = { n: '\n', t: '\t', '0': '\0' };

function unescaped(value: string): string | undefined {
  return value === 'NULL' ? undefined : value.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}
