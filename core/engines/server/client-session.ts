import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { Running } from '../../bytes/tool.ts';
import { SourceUnreachableError } from '../../errors.ts';

/** How long one query may take, in milliseconds: far more than the inventory of a large database does, and a lock is waited for in a minute. */
const usualPatience = 10 * 60_000;

/** What a session must know of the client program that holds it. */
export interface ClientDialect {
  /** Input that ends a statement, and then writes this word as a line of its own. */
  after(statement: string, word: string): string;
  /** What the program's status and last words mean. */
  failure(status: number | NodeJS.Signals | null, complaint: string): Error;
}

/**
 * A session with a server, held by the server's own client program: the same library as the dump tool's, so the same addresses, passwords and TLS checks hold for both. One query at a time; an error ends the session.
 */
export class ClientSession implements AsyncDisposable {
  readonly #running: Running;
  readonly #lines: AsyncGenerator<string>;
  readonly #dialect: ClientDialect;
  readonly #patience: number;

  /** A query that is not answered after `patience` milliseconds ends the session: the server is frozen, or the way to it is. */
  constructor(running: Running, dialect: ClientDialect, patience = usualPatience) {
    this.#running = running;
    this.#dialect = dialect;
    this.#patience = patience;
    this.#input.on('error', () => undefined); // a server that hangs up is told by the program's exit status
    this.#lines = linesOf(running.child.stdout as AsyncIterable<Uint8Array>);
  }

  get #input(): Writable {
    return this.#running.child.stdin as Writable;
  }

  /** The lines that the statement gives. Throws the error that the server's state means. */
  async ask(sql: string): Promise<string[]> {
    const word = `done ${randomUUID()}`;
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      this.#running.child.kill('SIGKILL');
    }, this.#patience);
    try {
      this.#input.write(this.#dialect.after(sql, word));
      const found: string[] = [];
      for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next()) {
        if (next.value === word) return found;
        found.push(next.value);
      }
      const status = await this.#running.ended;
      if (isTooLate) throw new SourceUnreachableError(`the server has not answered a query for ${this.#patience / 1000} s`);
      throw this.#dialect.failure(status, this.#running.complaint());
    } finally {
      clearTimeout(timer);
    }
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
