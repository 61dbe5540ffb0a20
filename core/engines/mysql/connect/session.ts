import { start } from '../../../bytes/tool.ts';
import type { Work } from '../../engine.ts';
import { ClientSession } from '../../server/client-session.ts';
import { mysqlError } from '../failures.ts';
import { clientOf, type Family } from '../family.ts';
import type { Access } from './access.ts';

/** How long connecting may take, in seconds. */
const connectTimeout = 20;

/** More rows than any table has: no answer is cut short. */
export const everyRow = '18446744073709551615';

/**
 * Fixes, before anything is asked, what a server's settings or its init_connect could change in an answer: names, quotes and times are read alike, none is cut short, none is refused for its size. Each family reads one of
 * the comments. What the dump tool's session begins with is kept for `refuseCutting`. A lock that another session holds is waited for a minute.
 */
const settings = `SET @given_limit = @@SESSION.sql_select_limit, @given_client = @@SESSION.character_set_client, @given_results = @@SESSION.character_set_results,
  NAMES utf8mb4, SESSION sql_mode = '', SESSION time_zone = '+00:00', SESSION lock_wait_timeout = 60, SESSION sql_select_limit = ${everyRow}, SESSION sql_big_selects = 1
  /*!50708 , SESSION max_execution_time = 0 */ /*M!100102 , SESSION max_statement_time = 0 */`;

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
