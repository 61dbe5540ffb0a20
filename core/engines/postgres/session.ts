import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type Running, start } from '../../bytes/tool.ts';
import type { Launch } from '../../launch.ts';
import type { Connection } from './connection.ts';
import { postgresError } from './failures.ts';

/**
 * A session with a server, held by psql: the same libpq as pg_dump's, so the same addresses, passwords and TLS checks hold for both. One query at a time. Each is expected to give one column of one row,
 * which may be JSON; an error ends the session.
 */
export class Session implements AsyncDisposable {
  readonly #running: Running;
  readonly #lines: AsyncGenerator<string>;

  constructor(psql: Launch, connection: Connection, signal: AbortSignal) {
    const env = { PGAPPNAME: 'sauvegarde', PGTZ: 'UTC', PGCLIENTENCODING: 'UTF8', ...connection };
    this.#running = start(psql, ['-X', '-q', '-A', '-t', '--no-password', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=terse', '-v', 'SHOW_CONTEXT=never'], {
      env,
      signal,
      stdin: 'pipe',
    });
    this.#input.on('error', () => undefined); // a server that hangs up is told by psql's exit status
    this.#lines = linesOf(this.#running.child.stdout as AsyncIterable<Uint8Array>);
  }

  get #input(): Writable {
    return this.#running.child.stdin as Writable;
  }

  /** The lines that the statement gives. Throws the error that the server's state means. */
  async ask(sql: string): Promise<string[]> {
    const mark = `done ${randomUUID()}`;
    this.#input.write(`${sql};\n\\echo ${mark}\n`);
    const found: string[] = [];
    while (true) {
      const next = await this.#lines.next();
      if (next.done) throw postgresError('psql', await this.#running.ended, this.#running.complaint());
      if (next.value === mark) return found;
      found.push(next.value);
    }
  }

  /** One JSON value. */
  async json<T>(sql: string): Promise<T> {
    return JSON.parse((await this.ask(sql)).join('\n')) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#input.end();
    await this.#running.ended.catch(() => undefined); // what mattered was thrown by ask
  }
}

/** Lines that end with a line feed. Node's readline ends them at U+2028 and at a carriage return as well, which names can hold. */
async function* linesOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun = '';
  for await (const chunk of output) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    begun += first;
    for (const next of others) {
      yield begun;
      begun = next;
    }
  }
}
