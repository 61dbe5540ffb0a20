import { readFileSync } from 'node:fs';
import type { Engine } from '../../core/engines/engine.ts';
import { errorFrom, MailRefusedError } from '../../core/errors.ts';
import type { Mailer, Message } from '../../core/mail/mailer.ts';
import type { Clock } from '../../core/time/clock.ts';
import { parseDefinition } from '../../core/workflow/definition.ts';
import type { ExecutionEnd } from '../../core/workflow/execution.ts';
import type { Ended, Executions } from '../../core/workflow/executions.ts';
import { Interpreter, type Task } from '../../core/workflow/interpreter.ts';
import { proverTable } from '../../core/workflow/prover-table.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { never } from '../support/never.ts';

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

/** Trouble of a source: the error of its dumps, or a proof that finds other rows. */
export type Fate = { error: string } | 'refuted' | undefined;

/** An engine whose databases are a few bytes. */
export function simulatedEngine(fate: (database: string) => Fate): Engine {
  return {
    examine: async () => ({ product: 'SQLite 3', size: 100, tables: 1, remarks: [] }),
    dump: async (database) => {
      const name = 'file' in database ? database.file : '';
      const trouble = fate(name);
      if (typeof trouble === 'object') throw errorFrom(trouble.error, `simulated: ${trouble.error}`);
      return {
        bytes: contentOf(trouble ?? name),
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
    addressOf: async () => '',
    prove: async (open) => {
      let text = '';
      for await (const chunk of open()) text += Buffer.from(chunk).toString();
      const differences = text.startsWith('refuted') ? ['member: other contents'] : [];
      return { restoreSeconds: 1, differences, unproven: [], notes: [], flaws: [] };
    },
    restore: async () => {
      throw new TypeError('nothing is restored in a simulation');
    },
    open: async () => {
      throw new TypeError('nothing is opened in a simulation');
    },
    rehearse: () => {
      throw new TypeError('nothing is rehearsed in a simulation');
    },
  };
}

async function* contentOf(name: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(name.padEnd(100, '.'));
}

const source = readFileSync(new URL('../../core/workflow/backup.asl.json', import.meta.url), 'utf8');
const stepNames = ['open', 'dump', 'prove', 'publish', 'rotate', 'settle'] as const;
type StepName = (typeof stepNames)[number];
export type Steps = Record<StepName, Task>;

/**
 * Executions of the workflow's own definition, one at a time. One that dies at a step ends there without a word:
 * `killed` is known to have ended, as of a process that is gone; `hung` is not.
 */
export class SimulatedExecutions implements Executions {
  readonly #ends = new Map<string, ExecutionEnd | 'killed' | 'hung'>();
  readonly #interpreter: Interpreter;
  /** Death of the next execution that is started. */
  dies: { at: StepName; how: 'killed' | 'hung' } | undefined;
  #atDeath: ((how: 'killed' | 'hung') => void) | undefined;

  constructor(clock: Clock, steps: () => Steps) {
    const definition = parseDefinition(source, { ...Object.fromEntries(stepNames.map((name) => [name, name])), provers: proverTable(() => 'prove') });
    const invoke: Task = async (input, signal) => {
      const { FunctionName: name, Payload } = input as { FunctionName: StepName; Payload: unknown };
      if (this.dies?.at !== name) return { Payload: await steps()[name](Payload, signal) };
      this.#atDeath?.(this.dies.how);
      return new Promise(() => undefined);
    };
    const build: Task = async () => {
      throw errorFrom('UnexpectedError', 'simulated: the build was killed');
    };
    this.#interpreter = new Interpreter(definition, {
      clock,
      tasks: { 'arn:aws:states:::lambda:invoke': invoke, 'arn:aws:states:::codebuild:startBuild.sync': build },
    });
  }

  async start(name: string, input: BackupRequest): Promise<'started' | 'exists'> {
    if (this.#ends.has(name)) return 'exists';
    this.#ends.set(name, 'hung');
    const death = new Promise<'killed' | 'hung'>((resolve) => {
      this.#atDeath = resolve;
    });
    this.#ends.set(name, await Promise.race([this.#interpreter.run({ id: name, name, input }, never), death]));
    this.dies = undefined;
    return 'started';
  }

  async endOf(id: string): Promise<Ended | undefined> {
    const end = this.#ends.get(id);
    if (end === 'killed') return { status: 'FAILED', error: 'InterruptedError', cause: 'simulated: its process is gone' };
    return end === 'hung' ? undefined : end;
  }

  /** Returns the end of an execution that was started; undefined if it died. */
  ended(name: string): ExecutionEnd | undefined {
    const end = this.#ends.get(name);
    return typeof end === 'object' ? end : undefined;
  }
}
