import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Running } from '../../bytes/tool.ts';
import { SourceUnreachableError } from '../../errors.ts';

/**
 * Longest time for one query, in milliseconds: far more than the inventory of a large database takes, or a wait
 * for a lock.
 */
const usualPatience = 10 * 60_000;

/** Encoding of statements and answers; `latin1` for bytes as they are. */
export type TextEncoding = 'utf8' | 'latin1';

/** Peculiarities of the client program that holds a session. */
export interface ClientDialect {
  /** Returns input that ends a statement, and then writes this word as a line of its own. */
  after(statement: string, word: string): string;
  /** Makes the error that the program's status and complaint mean. */
  failure(status: number | NodeJS.Signals | null, complaint: string): Error;
}

/**
 * A session with a server, held by the server's own client program. It uses the dump tool's library, so the same
 * addresses, passwords and TLS checks hold for both. One query at a time; an error ends the session.
 */
export class ClientSession implements AsyncDisposable {
  readonly #running: Running;
  readonly #lines: AsyncGenerator<string>;
  readonly #dialect: ClientDialect;
  readonly #patience: number;
  readonly #encoding: TextEncoding;

  /**
   * Ends the session if a query is not answered within `patience` milliseconds: the server is frozen, or the connection
   * is.
   */
  constructor(running: Running, dialect: ClientDialect, patience = usualPatience, encoding: TextEncoding = 'utf8') {
    this.#running = running;
    this.#dialect = dialect;
    this.#patience = patience;
    this.#encoding = encoding;
    this.#input.on('error', () => undefined); // if the server hangs up, the program's exit status reports it
    this.#lines = linesOf(running.child.stdout as AsyncIterable<Uint8Array>, encoding);
  }

  get #input(): Writable {
    return this.#running.child.stdin as Writable;
  }

  /** Returns the lines that the statement gives. Throws the error that the client's end means. */
  async ask(sql: string): Promise<string[]> {
    const word = `done ${randomUUID()}`;
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      this.#running.child.kill('SIGKILL');
    }, this.#patience);
    try {
      this.#input.write(this.#dialect.after(sql, word), this.#encoding);
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
    await this.#running.ended.catch(() => undefined); // ask has thrown every error that matters
  }
}

/** Splits at line feeds only. Node's readline also splits at U+2028 and at carriage returns, which names can hold. */
export async function* linesOf(output: AsyncIterable<Uint8Array>, encoding: TextEncoding = 'utf8'): AsyncGenerator<string> {
  const decoder = new StringDecoder(encoding);
  let begun = '';
  for await (const chunk of output) {
    const [first = '', ...others] = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)).split('\n');
    begun += first;
    for (const next of others) {
      yield begun;
      begun = next;
    }
  }
}
