import { randomBytes } from 'node:crypto';
import type { Scan } from '../../../documents/scan.ts';
import { SourceUnreachableError, StorageFullError, ToolFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { ScriptRun } from '../../server/script-run.ts';
import { Access } from '../connect/access.ts';
import { complaintsIn } from '../connect/complaints.ts';
import type { Connection } from '../connect/connection.ts';
import { runQueries } from '../connect/run-queries.ts';
import { Session } from '../connect/session.ts';
import { type Descriptions, describeNamed } from '../dump/described.ts';
import { accountsOf, withGrants } from '../dump/globals.ts';
import { mysqlDump } from '../dump/tool.ts';
import { mysqlError, wordsOf } from '../failures.ts';
import type { Family } from '../family.ts';
import type { Globals } from '../globals-schema.ts';
import { runScript, textOf } from '../restore/run-script.ts';
import { literal } from '../sql-text.ts';
import type { ScratchServer } from './scratch-server.ts';

/**
 * The scratch server's own accounts, none of which is one of a dump's. In MariaDB, a user who may name others as
 * definers may also name the superuser, so a dump must not know its name.
 */
export const superuser = `sauvegarde_${randomBytes(8).toString('hex')}`;
export const restorer = 'sauvegarde_restorer';
/** Account that dumps the restored database. It may only read, because reading a view runs the functions in it. */
export const reader = 'sauvegarde_reader';

/** Statements that make the accounts other than the superuser. */
export const accounts: readonly string[] = [restorer, reader].map((user) => `CREATE USER ${literal(user)}@'localhost'`);

export type Source = NonNullable<Scan['mysql']>;

/** Longest time for one statement that reads whole tables, in milliseconds. */
const longest = 60 * 60_000;

/** Messages of a full disk. The error numbers differ by operating system; the words are the same in all versions. */
const noSpace = /No space left on device|Disk quota exceeded|Disk full|\(28\b|errno:? 28|is full/i;

/**
 * Database of a proof, under its name at the source, which views and routines may contain. Throws if the server itself
 * fails: that says nothing about the dump.
 */
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

  /** Takes over a new server that has these accounts. Its root is renamed: a dump's root is mostly a definer. */
  static async open(server: ScratchServer, name: string, work: Work): Promise<ScratchDatabase> {
    const onServer = { ...work, signal: AbortSignal.any([work.signal, server.ended]) };
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

  /** Returns the lines that a statement of ours gives, asked as the user who restored. */
  async ask(statement: string): Promise<string[]> {
    await using session = await Session.open(this.family, this.#restorer, this.#work, this.name);
    return await session.ask(statement);
  }

  /**
   * Runs statements of ours as the user who restored, one after the other, and returns the server's complaints by
   * index.
   */
  complaints(statements: readonly string[]): Promise<Map<number, string>> {
    return runQueries(statements, this.#work, { family: this.family, access: this.#restorer, database: this.name }, () => undefined);
  }

  /** Runs statements of ours as the superuser, whatever is refused. Returns the server's complaints by index. */
  administer(statements: readonly string[]): Promise<Map<number, string>> {
    return runQueries(statements, this.#work, { family: this.family, access: this.#superuser, database: this.name }, () => undefined);
  }

  /** Reads the accounts of the server. */
  async globals(): Promise<Globals> {
    const place = { family: this.family, access: this.#superuser, database: this.name };
    await using session = await Session.open(this.family, this.#superuser, this.#work, this.name);
    const read = await accountsOf(session, this.family, { account: superuser, seesAccounts: true });
    if ('unread' in read) throw new ToolFailedError(`the scratch server does not tell its accounts: ${read.unread}`);
    return await withGrants(read.accounts, place, this.#work);
  }

  /** Asks statements of ours that give one value each, as the user who restored. Returns the value or the complaint. */
  async answers(statements: readonly string[]): Promise<{ count?: string; complaint?: string }[]> {
    const all: { count?: string; complaint?: string }[] = statements.map(() => ({}));
    const place = { family: this.family, access: this.#restorer, database: this.name, patience: longest };
    const complaints = await runQueries(statements, this.#work, place, ([row], index) => {
      all[index] = { count: row?.[0] ?? '' };
    });
    for (const [index, complaint] of complaints) all[index] = { complaint };
    return all;
  }

  /** Asks the server for the definitions of these objects in the restored database, by kind and name. */
  described(names: readonly string[]): Promise<Descriptions> {
    return describeNamed(names, this.#work, { family: this.family, access: this.#reader, database: this.name });
  }

  /** Dumps the restored database with the options of the source's dump, block by block. */
  dump({ options }: Source): AsyncGenerator<Uint8Array> {
    const failed = (status: number | NodeJS.Signals | null, said: string) => this.#refuseFailing(status, said);
    return mysqlDump(this.#work, { family: this.family, access: this.#reader, database: this.name, extra: options, of: 'the restored database', failed });
  }

  async #run(script: AsyncIterable<Uint8Array>, options: { access: Access; database?: string; force?: boolean }): Promise<ScriptRun> {
    const run = await runScript(this.#work, script, { family: this.family, ...options });
    // a client that goes on after errors ends well
    const said = options.force ? complaintsIn(run.complaint).map((each) => wordsOf(each.said)) : [];
    const worst = said.find((each) => noSpace.test(each)) ?? said.at(-1);
    this.#refuseFailing(worst === undefined ? run.status : 1, worst ?? run.complaint);
    return run;
  }

  #refuseFailing(status: number | NodeJS.Signals | null, complaint: string): void {
    if (status === 0) return;
    // the client notices a killed server before its end is reported
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
