import { setTimeout } from 'node:timers/promises';
import { start } from '../../../bytes/tool.ts';
import { ConfigurationError } from '../../../errors.ts';
import type { Launch } from '../../../programs/launch.ts';
import { ClientSession } from '../../server/client-session.ts';
import { type Codec, codecOf, labelOf } from '../encodings.ts';
import { isAtItsLimit, postgresError } from '../failures.ts';
import { type Connection, keepalives } from './connection.ts';
import { refuseSharedConnections } from './pooler.ts';
import { firstStatements, fullOffer, type Offer, reducedOffer, settingsOfOutput, withOffer } from './session-settings.ts';
import { withSharedText } from './text-of-all-databases.ts';

/** Names in a database without an encoding are bytes, which the server would refuse to send as UTF-8. */
const unencoded = "SELECT set_config('client_encoding', 'SQL_ASCII', false) WHERE getdatabaseencoding() = 'SQL_ASCII'";
/**
 * Complaint about a database whose encoding UTF-8 has no conversion to, in any language: these are all such encodings.
 * The server's language is that of its machine, and an ordinary user cannot choose another.
 */
const unconvertible = /conversion between UTF8 and \w+ is not supported|(?=.*\bUTF8\b)(?=.*\bMULE_INTERNAL\b)/s;
/** Connects without any conversion: names come and go as bytes. */
const asBytes = { PGCLIENTENCODING: 'SQL_ASCII' };
/** Complaint about a letter that one of two encodings lacks: in each language it has its bytes and both names. */
const untranslatable = /has no equivalent in encoding|^(?!.*invalid byte sequence)(?=.*\b0x[0-9a-f]{2}\b)(?=.*\bUTF8\b)/s;
/** Limits that not all versions know. */
const unlimited = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('transaction_timeout', 'idle_session_timeout')";

/**
 * Asks whether a setting makes the session act as another role, although it may do by itself whatever that role may:
 * superusers may, and so may who inherits the rights of a role.
 */
const actsAsLess = `SELECT session_user <> current_user AND ((SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
  OR pg_has_role(session_user, current_user, 'USAGE') AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)))`;

/** Longest wait, in milliseconds, for a session beside another: a pooler that has room for one alone lets it wait. */
const besidePatience = 20_000;

interface SessionOptions {
  psql: Launch;
  connection: Connection;
  signal: AbortSignal;
  /** Settings that are offered first. @default all of them */
  offer?: Offer | undefined;
  /** Longest wait for an answer, in milliseconds. */
  patience?: number | undefined;
}

/**
 * A session with a server, held by psql. Each query must return one column of one row, which may be JSON.
 * None of the database's own code runs in it: the search path is empty from the start, and code that runs at a login is
 * off where only a superuser may switch it off.
 */
export class Session extends ClientSession {
  /**
   * The connection with which the server let this session in, reduced to `offer`. Other programs of the same work
   * connect in the same way.
   */
  readonly connection: Connection;
  readonly offer: Offer;
  /** For names that come and go as bytes. */
  #codec: Codec | undefined;

  private constructor({ psql, connection, signal, patience }: SessionOptions, offer: Offer, failed: (complaint: string) => void) {
    const accepted = withOffer(connection, offer);
    const env = { PGAPPNAME: 'sauvegarde', PGCLIENTENCODING: 'UTF8', ...accepted };
    const options = [keepalives, '-X', '-q', '-A', '-t', '--no-password', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=terse', '-v', 'SHOW_CONTEXT=never'];
    const dialect = {
      after: (statement: string, word: string) => `${statement};\n\\echo ${word}\n`,
      failure: (status: number | NodeJS.Signals | null, complaint: string) => {
        failed(complaint);
        return postgresError('psql', status, complaint);
      },
    };
    super(start(psql, options, { env, signal, stdin: 'pipe' }), dialect, patience, env.PGCLIENTENCODING === asBytes.PGCLIENTENCODING ? 'latin1' : 'utf8');
    this.connection = accepted;
    this.offer = offer;
  }

  /**
   * Connects. Offers as many of our settings as the server accepts at the start; the first statements set the others.
   * Throws ConfigurationError behind a pooler where they would stay with other sessions.
   */
  static open(options: SessionOptions): Promise<Session> {
    return untilAdmitted(() => Session.#open(options));
  }

  /**
   * Connects as `open` does, for work that reads. A role as which sessions are to act (`ALTER DATABASE … SET role`) may
   * lack rights that the user has; where it cannot give any, the session is the user's own. A pooler that takes no
   * settings leaves it as it is.
   */
  static async openToRead(options: SessionOptions): Promise<Session> {
    const session = await Session.open(options);
    if (Object.keys(session.offer).length === 0 || (await session.ask(actsAsLess))[0] !== 't') return session;
    await session[Symbol.asyncDispose]();
    return Session.open({ ...options, offer: { ...session.offer, role: 'none' } });
  }

  static async #open(options: SessionOptions): Promise<Session> {
    for (let [offer, connection] = [options.offer ?? fullOffer, options.connection]; ; ) {
      let said = '';
      const session = new Session({ ...options, connection }, offer, (complaint) => {
        said = complaint;
      });
      try {
        await refuseSharedConnections(session, () => new Session({ ...options, connection, patience: besidePatience }, offer, () => undefined));
        const encoding = (await session.ask(`${firstStatements}; ${unencoded}; ${unlimited}; SELECT getdatabaseencoding()`)).at(-1) ?? '';
        if (connection.PGCLIENTENCODING) session.#codec = codecOf(encoding);
        if (labelOf(encoding) !== undefined || connection.PGCLIENTENCODING) return session;
        await session[Symbol.asyncDispose]();
        connection = { ...connection, ...asBytes };
      } catch (error) {
        await session[Symbol.asyncDispose]();
        const isUnconvertible = unconvertible.test(said) && !connection.PGCLIENTENCODING;
        const reduced = isUnconvertible ? offer : reducedOffer(offer, said);
        if (!reduced) throw error;
        offer = reduced;
        if (isUnconvertible) connection = { ...connection, ...asBytes };
      }
    }
  }

  override async ask(sql: string): Promise<string[]> {
    const codec = this.#codec;
    if (!codec) return super.ask(sql);
    return (await super.ask(codec.encode(sql).toString('latin1'))).map((line) => codec.decode(Buffer.from(line, 'latin1')));
  }

  /** Asks for one JSON value, which may hold `sharedText`. */
  async json<T>(sql: string): Promise<T> {
    return JSON.parse(withSharedText((await this.ask(sql)).join('\n'))) as T;
  }

  /**
   * Throws ConfigurationError unless a session that connects like this one begins with the settings that a dump needs.
   * A pooler can drop them silently, and pg_dump runs no first statements of ours.
   */
  async refuseLostSettings(): Promise<void> {
    const names = settingsOfOutput.map((name) => `'${name}'`).join(', ');
    const found = await this.json<Record<string, string>>(`SELECT json_object_agg(name, reset_val) FROM pg_settings WHERE name IN (${names})`);
    const lost = settingsOfOutput.filter((name) => found[name] !== fullOffer[name]).map((name) => `${name} = ${found[name]}`);
    if (lost.length === 0) return;
    throw new ConfigurationError(
      `a pooler such as PgBouncer drops the settings of a session, and these would change the dump: ${lost.join(', ')}. Name the server itself in the address, or give the role that backs up its own: ALTER ROLE … SET ${settingsOfOutput.map((name) => `${name} = '${fullOffer[name]}'`).join(', … SET ')}`,
    );
  }
}

/**
 * Does work that opens sessions. Does it again without any conversion if the server cannot convert a name: its encoding
 * gives a byte of it no character, or UTF-8 does not.
 */
export async function whateverTheNames<T>(connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    return await work(connection);
  } catch (error) {
    if (connection.PGCLIENTENCODING || !untranslatable.test((error as Error).message)) throw error;
    return await work({ ...connection, ...asBytes });
  }
}

/**
 * Number of attempts to connect while the server has no room, and the pause between two: a connection that was just
 * closed still counts for a moment.
 */
const mostTries = 10;
const pauseMilliseconds = 100;

/** Repeats the work for about a second while the server has no room for its connection. */
export async function untilAdmitted<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isAtItsLimit(error) || tries === mostTries) throw error;
    }
    await setTimeout(pauseMilliseconds);
  }
}
