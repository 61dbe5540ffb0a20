import { randomBytes } from 'node:crypto';
import type { Scan } from '../../../documents/scan.ts';
import { SourceUnreachableError, StorageFullError, ToolFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { ScriptRun } from '../../server/script-run.ts';
import { Access } from '../connect/access.ts';
import type { Connection } from '../connect/connection.ts';
import { Session } from '../connect/session.ts';
import { mysqlDump } from '../dump/tool.ts';
import { mysqlError } from '../failures.ts';
import type { Family } from '../family.ts';
import { runScript, textOf } from '../restore/run-script.ts';
import { literal } from '../sql-text.ts';
import type { ScratchServer } from './scratch-server.ts';

/** The scratch server's own accounts; none is one of a dump's. MariaDB lets whoever may name others as definers name the superuser too, so a dump must not know what it is called. */
const superuser = `sauvegarde_${randomBytes(8).toString('hex')}`;
export const restorer = 'sauvegarde_restorer';
/** Whoever reads a view runs the functions in it, so what was restored is dumped by a user who may only read. */
export const reader = 'sauvegarde_reader';

export type Source = NonNullable<Scan['mysql']>;

/** Error numbers of a full disk come with the operating system's; in words they are the same in all versions. */
const noSpace = /No space left on device|Disk quota exceeded|Disk full|\(28\b|errno:? 28|is full/i;

/** The database of a proof, under the name that it has at its source: views and routines may say it. What the server fails in by itself is thrown: it says nothing about the dump. */
export class ScratchDatabase implements AsyncDisposable {
  readonly family: Family;
  readonly name: string;
  readonly #server: ScratchServer;
  readonly #work: Work;
  readonly #superuser: Access;
  readonly #restorer: Access;
  readonly #reader: Access;

  private constructor(server: ScratchServer, name: string, work: Work, accesses: [Access, Access, Access]) {
    this.family = server.family;
    this.name = name;
    this.#server = server;
    this.#work = work;
    [this.#superuser, this.#restorer, this.#reader] = accesses;
  }

  /** Takes a new server over. Its root becomes ours, for a dump's root is mostly a definer and may be nothing but that. */
  static async open(server: ScratchServer, name: string, work: Work): Promise<ScratchDatabase> {
    const onServer = { ...work, signal: AbortSignal.any([work.signal, server.ended]) };
    await using first = await Access.open(connectionTo(server, 'root'), work.scratch);
    const statements = [
      `RENAME USER 'root'@'localhost' TO ${literal(superuser)}@'localhost'`,
      ...[restorer, reader].map((user) => `CREATE USER ${literal(user)}@'localhost'`),
    ];
    const { status, complaint } = await runScript(onServer, textOf(statements), { family: server.family, access: first });
    if (status !== 0) throw mysqlError('the scratch server', status, complaint);
    const accesses = await Promise.all([superuser, restorer, reader].map((user) => Access.open(connectionTo(server, user), work.scratch)));
    return new ScratchDatabase(server, name, onServer, accesses as [Access, Access, Access]);
  }

  /** Runs statements of ours as the superuser, outside the database. */
  prepare(statements: readonly string[]): Promise<ScriptRun> {
    return this.#run(textOf(statements), { access: this.#superuser });
  }

  /** Runs a dump as an ordinary user. */
  restore(script: AsyncIterable<Uint8Array>, { force }: { force: boolean }): Promise<ScriptRun> {
    return this.#run(script, { access: this.#restorer, database: this.name, force });
  }

  /** The lines that a statement of ours gives, asked by whoever restored. */
  async ask(statement: string): Promise<string[]> {
    await using session = await Session.open(this.family, this.#restorer, this.#work, this.name);
    return await session.ask(statement);
  }

  /** The restored database's dump by the options of the source's, block by block. */
  dump({ options }: Source): AsyncGenerator<Uint8Array> {
    const failed = (status: number | NodeJS.Signals | null, said: string) => this.#refuseFailing(status, said);
    return mysqlDump(this.#work, { family: this.family, access: this.#reader, database: this.name, extra: options, of: 'the restored database', failed });
  }

  async #run(script: AsyncIterable<Uint8Array>, options: { access: Access; database?: string; force?: boolean }): Promise<ScriptRun> {
    const run = await runScript(this.#work, script, { family: this.family, ...options });
    this.#refuseFailing(run.status, run.complaint);
    return run;
  }

  #refuseFailing(status: number | NodeJS.Signals | null, complaint: string): void {
    if (status === 0) return;
    // a server that was killed is noticed by its client before its own end is
    const isLost = mysqlError('the client', status, complaint) instanceof SourceUnreachableError;
    if (noSpace.test(isLost ? `${complaint}\n${this.#server.lastWords}` : complaint))
      throw new StorageFullError(`the scratch server ran out of space in ${this.#server.data}; give it a disk that can hold the whole database`);
    if (isLost) throw new ToolFailedError(`the scratch server was lost: ${complaint}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#superuser, this.#restorer, this.#reader].map((access) => access[Symbol.asyncDispose]()));
  }
}

function connectionTo({ socket }: ScratchServer, user: string): Connection {
  return { host: 'localhost', port: 3306, socket, user, password: '', database: '', tls: 'DISABLED', clearText: false };
}
