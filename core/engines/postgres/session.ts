import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type Running, start } from '../../bytes/tool.ts';
import { SourceUnreachableError } from '../../errors.ts';
import type { Launch } from '../../launch.ts';
import { type Connection, keepalives } from './connection.ts';
import { postgresError } from './failures.ts';

/** How long one query may take, in milliseconds: far more than the inventory of a large database does, and a lock is waited for in a minute. */
const usualPatience = 10 * 60_000;

/**
 * A session with a server, held by psql: the same libpq as pg_dump's, so the same addresses, passwords and TLS checks hold for both. One query at a time. Each is expected to give one column of one row,
 * which may be JSON; an error ends the session.
 */
export class Session implements AsyncDisposable {
  readonly #running: Running;
  readonly #lines: AsyncGenerator<string>;
  readonly #patience: number;

  /** A query that is not answered after `patience` milliseconds ends the session: the server is frozen, or the way to it is. */
  constructor(psql: Launch, connection: Connection, signal: AbortSignal, patience = usualPatience) {
    this.#patience = patience;
    const env = { PGAPPNAME: 'sauvegarde', PGTZ: 'UTC', PGCLIENTENCODING: 'UTF8', ...connection };
    this.#running = start(
      psql,
      [keepalives, '-X', '-q', '-A', '-t', '--no-password', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=terse', '-v', 'SHOW_CONTEXT=never'],
      {
        env,
        signal,
        stdin: 'pipe',
      },
    );
    this.#input.on('error', () => undefined); // a server that hangs up is told by psql's exit status
    this.#lines = linesOf(this.#running.child.stdout as AsyncIterable<Uint8Array>);
  }

  get #input(): Writable {
    return this.#running.child.stdin as Writable;
  }

  /** The lines that the statement gives. Throws the error that the server's state means. */
  async ask(sql: string): Promise<string[]> {
    const mark = `done ${randomUUID()}`;
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      this.#running.child.kill('SIGKILL');
    }, this.#patience);
    try {
      this.#input.write(`${sql};\n\\echo ${mark}\n`);
      const found: string[] = [];
      for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next()) {
        if (next.value === mark) return found;
        found.push(next.value);
      }
      const status = await this.#running.ended;
      if (isTooLate) throw new SourceUnreachableError(`the server has not answered a query for ${this.#patience / 1000} s`);
      throw postgresError('psql', status, this.#running.complaint());
    } finally {
      clearTimeout(timer);
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
