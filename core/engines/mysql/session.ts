import { start } from '../../bytes/tool.ts';
import { ClientSession } from '../client-session.ts';
import type { Work } from '../engine.ts';
import type { Access } from './access.ts';
import { mysqlError } from './failures.ts';
import { clientOf, type Family } from './family.ts';

/** How long connecting may take, in seconds. */
const connectTimeout = 20;

/** Names, quotes and times are read alike whatever the server's settings are. A lock that another session holds is waited for a minute. */
const settings = "SET SESSION sql_mode = '', SESSION time_zone = '+00:00', SESSION lock_wait_timeout = 60";

/** A session with a server, held by its family's client. Each query is expected to give one column, which is JSON. */
export class Session extends ClientSession {
  /** Without a `database` none is used. */
  static async open(
    family: Family,
    access: Access,
    { tools, signal }: Pick<Work, 'tools' | 'signal'>,
    database: string | undefined,
    patience?: number,
  ): Promise<Session> {
    const client = await tools.client(clientOf[family], signal);
    const options = ['--batch', '--raw', '--skip-column-names', '--unbuffered', '--no-auto-rehash', '--skip-reconnect', `--connect-timeout=${connectTimeout}`];
    if (family === 'mariadb') options.push('--skip-print-query-on-error');
    const names = database === undefined ? [] : [`--database=${database}`];
    const running = start(client, [...access.argumentsFor(family), ...options, ...names], { env: { LC_ALL: 'C' }, signal, stdin: 'pipe' });
    const dialect = {
      after: (statement: string, word: string) => `${statement};\nSELECT '${word}';\n`,
      failure: (status: number | NodeJS.Signals | null, complaint: string) => mysqlError(clientOf[family], status, complaint),
    };
    const session = new Session(running, dialect, patience);
    try {
      await session.ask(settings);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
    return session;
  }

  /** A JSON value a row. */
  async rows<T>(sql: string): Promise<T[]> {
    return (await this.ask(sql)).map((line) => JSON.parse(line) as T);
  }

  /** The JSON value of the one row. */
  async json<T>(sql: string): Promise<T> {
    const [row] = await this.rows<T>(sql);
    if (row === undefined) throw new TypeError('the server gave no row where one was expected');
    return row;
  }
}
