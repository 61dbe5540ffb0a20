import type { Launch } from '../../../programs/launch.ts';
import type { Work } from '../../engine.ts';
import { bytesOf } from '../../server/tool-dump.ts';
import { type Connection, keepalives } from '../connect/connection.ts';
import { Session } from '../connect/session.ts';
import { firstStatements, type Offer } from '../connect/session-settings.ts';
import { postgresError } from '../failures.ts';
import type { Snapshot } from './inventory.ts';

/** Longest wait for one answer, in milliseconds: a table may be read to its end. */
const usualPatience = 60 * 60_000;

/** Longest statements and lists of statements that go to one psql, in bytes: Linux limits arguments. */
const longestList = 500_000;

/**
 * Settings of a session that reads tables: a policy, or a view that somebody has put in the place of a table meanwhile,
 * would run code of the database. pg_dump sets the same, where the server knows it.
 */
const guarded = `SET row_security = off; DO $$ BEGIN PERFORM set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'; END $$`;

export interface Place {
  psql: Launch;
  /** A connection that let a Session in. */
  connection: Connection;
  /** Settings that the server accepted from it. */
  offer: Offer;
  work: Pick<Work, 'tools' | 'signal'>;
  patience?: number | undefined;
}

/**
 * Reads the snapshot of a dump in sessions of their own, which end with each call. The snapshot must be held. Without
 * one, each session reads what is there now.
 */
export class Beside {
  readonly #place: Place;
  readonly #encoding: string;
  readonly #beginning: string;

  constructor(place: Place, { id, encoding }: Partial<Snapshot> & Pick<Snapshot, 'encoding'>) {
    this.#place = place;
    this.#encoding = encoding;
    this.#beginning = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${id === undefined ? '' : `SET TRANSACTION SNAPSHOT '${id}'; `}${firstStatements}; ${guarded}`;
  }

  /** Opens a session in the snapshot's transaction. */
  async session(): Promise<Session> {
    const { psql, connection, offer, work, patience = usualPatience } = this.#place;
    const session = await Session.open({ psql, connection, offer, signal: work.signal, patience });
    await session.ask(this.#beginning);
    return session;
  }

  /** Runs statements and returns one JSON value, which they leave in the setting `sauvegarde.found`. */
  async found<T>(statements: string): Promise<T> {
    await using session = await this.session();
    await session.ask(statements);
    return await session.json<T>("SELECT current_setting('sauvegarde.found')");
  }

  /**
   * Yields what statements give, as pg_dump would write it: in the database's encoding, each row with a line feed.
   * Throws if one of them fails.
   */
  async *text(statements: readonly string[]): AsyncGenerator<Uint8Array> {
    const { psql, connection, work, patience } = this.#place;
    const options = [keepalives, '-X', '-q', '-A', '-t', '--no-password', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=terse', '-v', 'SHOW_CONTEXT=never'];
    const env = { LC_ALL: 'C', PGAPPNAME: 'sauvegarde', ...connection, PGCLIENTENCODING: this.#encoding };
    const failure = (status: number | NodeJS.Signals | null, said: string) => postgresError('psql', status, said);
    for (let at = 0; at < statements.length; ) {
      const some: string[] = [];
      for (let size = 0; at < statements.length && (some.length === 0 || size < longestList); at++) {
        const statement = statements[at] ?? '';
        size += Buffer.byteLength(statement);
        some.push('-c', statement);
      }
      // as pg_dump's own: whole values, and few of them at a time
      const begun = `${this.#beginning}; SET DateStyle = ISO; SET IntervalStyle = postgres; SET extra_float_digits = 3`;
      yield* bytesOf({ name: 'psql', launch: psql, args: [...options, '-v', 'FETCH_COUNT=64', '-c', begun, ...some], env, failure, patience }, work.signal);
    }
  }
}
