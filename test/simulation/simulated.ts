import type { Engine } from '../../core/engines/engine.ts';
import { errorFrom, MailRefusedError } from '../../core/errors.ts';
import type { Mailer, Message } from '../../core/mail/mailer.ts';
import type { Clock } from '../../core/time/clock.ts';

/** A clock that is moved, and whose sleeps take no time. */
export class SimulatedClock implements Clock {
  #now: number;

  constructor(start: string) {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  set(instant: number): void {
    this.#now = instant;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#now += milliseconds;
  }
}

/** Sends nothing, and remembers what it would have sent; refuses while it is broken. */
export class SimulatedMailer implements Mailer {
  readonly sent: { at: Date; subject: string }[] = [];
  broken = false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async send({ subject }: Message): Promise<void> {
    if (this.broken) throw new MailRefusedError('the simulated mail server is down');
    this.sent.push({ at: this.#clock.now(), subject });
  }
}

/** An engine whose databases are a few bytes. `fate` names the error of a dump, if it fails. */
export function simulatedEngine(fate: (database: string) => string | undefined): Engine {
  return {
    examine: async () => ({ product: 'SQLite 3', size: 100, tables: 1, remarks: [] }),
    dump: async (database) => {
      const name = 'file' in database ? database.file.replace(/.*\//, '') : '';
      const error = fate(name);
      if (error !== undefined) throw errorFrom(error, `simulated: ${error}`);
      return {
        bytes: contentOf(name),
        scan: () => ({
          format: 'sauvegarde-scan',
          version: 1,
          engine: 'sqlite',
          product: { name: 'SQLite', version: '3.50' },
          size: 100,
          tables: [{ name: 'member', rows: 500, bytes: 90, sha256: '0'.repeat(64) }],
          sequences: [],
          warnings: [],
          objects: {},
        }),
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
    prove: async (open) => {
      for await (const _ of open());
      return { restoreSeconds: 1, differences: [], unproven: [], notes: [], flaws: [] };
    },
    restore: async () => {
      throw new TypeError('nothing is restored in a simulation');
    },
  };
}

async function* contentOf(name: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(name.padEnd(100, '.'));
}
