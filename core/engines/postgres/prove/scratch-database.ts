import type { Scan } from '../../../documents/scan.ts';
import { SourceUnreachableError, StorageFullError, ToolFailedError } from '../../../errors.ts';
import type { Launch } from '../../../programs/launch.ts';
import type { Work } from '../../engine.ts';
import { Session, whateverTheNames } from '../connect/session.ts';
import { type Offer, offerTo, ordinaryPart, restoresPart, withOffer } from '../connect/session-settings.ts';
import { pgDump } from '../dump/tool.ts';
import { postgresError } from '../failures.ts';
import { type Refusal, runScript } from '../restore/run-script.ts';
import { argumentsFor } from '../selection.ts';
import type { ScratchServer } from './scratch-server.ts';

/** Names of the scratch server's own roles and database; the dump has no such names. */
export const superuser = 'sauvegarde_superuser';
export const restorer = 'sauvegarde_restorer';
export const restored = 'restored';
/** Name of the restored database where its locale is not the cluster's. */
export const located = 'located';

const noSpace = /No space left on device|Disk quota exceeded/i;
/** PostgreSQL's error classes 53 and 58 (appendix A), in words: the machine's fault, not the dump's. */
const noMeans = /out of (shared )?memory|could not resize shared memory|could not (write|extend|fork) .*: |too many open files/i;

/**
 * Runs psql and pg_dump on the server that lives for one proof. Throws if the server itself fails: that says nothing
 * about the dump.
 */
export class ScratchDatabase implements AsyncDisposable {
  /** Name of the database that is restored into. */
  name = restored;
  readonly #server: ScratchServer;
  readonly #psql: Launch;
  readonly #offer: Offer;
  readonly #signal: AbortSignal;
  /** A session of the role that restores, from the first question on. */
  #asking: Promise<Session> | undefined;

  constructor(server: ScratchServer, psql: Launch, work: Work, major: number) {
    this.#server = server;
    this.#psql = psql;
    this.#offer = offerTo(major);
    this.#signal = AbortSignal.any([work.signal, server.ended]);
  }

  /** Runs a script to its end, or to its first error if it is one transaction. `complaint` holds psql's messages. */
  async run(
    script: AsyncIterable<Uint8Array>,
    { user, whole }: { user: string; whole: boolean },
  ): Promise<{ failed: boolean; complaint: string; refusals: Refusal[] }> {
    const { status, complaint, refusals } = await runScript(this.#psql, this.#connection(user), script, { whole, signal: this.#signal });
    this.#refuseFailing(status, complaint);
    return { failed: status !== 0, complaint: complaint || (status === 0 ? '' : `psql ended with ${status}`), refusals };
  }

  /** Asks the restored database for one JSON value, not as the superuser. */
  ask<T>(sql: string): Promise<T> {
    return whateverTheNames(this.#connection(restorer), async (connection) => {
      this.#asking ??= Session.open({ psql: this.#psql, connection, offer: ordinaryPart(this.#offer), signal: this.#signal });
      try {
        return await (await this.#asking).json<T>(sql);
      } catch (error) {
        this.#asking = undefined; // an error ends a session
        throw error;
      }
    });
  }

  /** Reads all rows of the restored database in a transaction, as the superuser. */
  reading<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return whateverTheNames(this.#connection(superuser), async (connection) => {
      await using session = await Session.open({ psql: this.#psql, connection, offer: this.#offer, signal: this.#signal });
      await session.ask('BEGIN');
      return await work(session);
    });
  }

  /** Dumps the restored database with the options of the source's dump, block by block. */
  async *dump({ tools }: Work, { source }: Scan): AsyncGenerator<Uint8Array> {
    const args = source?.selection ? argumentsFor(source.selection) : [];
    const failed = (status: number | NodeJS.Signals | null, complaint: string) => this.#refuseFailing(status, complaint);
    yield* pgDump({ tools, signal: this.#signal }, this.#connection(superuser), args, { of: 'the restored database', failed });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#asking?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  #refuseFailing(status: number | NodeJS.Signals | null, complaint: string): void {
    // psql notices a killed server before its end is reported
    const isLost = status !== 0 && postgresError('psql', status, complaint) instanceof SourceUnreachableError;
    const said = isLost ? `${complaint}\n${this.#server.lastWords}` : complaint;
    if (noSpace.test(said))
      throw new StorageFullError(`the scratch server ran out of space in ${this.#server.data}; give it a disk that can hold the whole database`);
    if (isLost) throw new ToolFailedError(`the scratch server was lost: ${complaint}`);
    if (noMeans.test(complaint)) throw new ToolFailedError(`the scratch server could not go on: ${complaint.split('\n')[0]}`);
  }

  #connection(user: string): Record<string, string> {
    const connection = { ...this.#server.environment, PGUSER: user, PGDATABASE: this.name };
    if (user === superuser) return withOffer(connection, this.#offer);
    // the restored database has a zone of its own, which its definitions may read
    const { PGTZ: _, ...restoring } = withOffer(connection, restoresPart(ordinaryPart(this.#offer)));
    return restoring;
  }
}
