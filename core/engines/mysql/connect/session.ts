import { start } from '../../../bytes/tool.ts';
import type { Work } from '../../engine.ts';
import { ClientSession } from '../../server/client-session.ts';
import { mysqlError } from '../failures.ts';
import { clientOf, type Family } from '../family.ts';
import type { Access } from './access.ts';

/** Longest time that connecting may take, in seconds. */
const connectTimeout = 20;

/** A limit above the rows of any table: no answer is cut short. */
export const everyRow = '18446744073709551615';

/**
 * Fixes what a server's settings or its init_connect could change in an answer, before the first question: names,
 * quotes and times are read alike, primary keys that a server made by itself are shown, as mysqldump writes them, and
 * no answer is cut short or refused for its size. The character set comes first: under that of some servers, no text of
 * ours is read. Each family executes its own comments. Keeps the dump tool's initial settings in variables, for
 * `refuseCutting`. Waits a minute for a lock that another session holds.
 */
export const settings = `SET @given_limit = @@SESSION.sql_select_limit, @given_client = @@SESSION.character_set_client, @given_results = @@SESSION.character_set_results;
SET NAMES utf8mb4;
SET SESSION sql_mode = '', SESSION time_zone = '+00:00', SESSION lock_wait_timeout = 60, SESSION sql_select_limit = ${everyRow}, SESSION sql_big_selects = 1, SESSION sql_quote_show_create = 1
  /*!50708 , SESSION max_execution_time = 0 */
  /*!80030 , SESSION show_gipk_in_create_table_and_information_schema = 1 */
  /*M!100102 , SESSION max_statement_time = 0 */`;

/** Options under which a client answers and nothing else. */
export function optionsOf(family: Family): string[] {
  const options = ['--skip-column-names', '--unbuffered', '--no-auto-rehash', '--skip-reconnect', `--connect-timeout=${connectTimeout}`];
  return family === 'mariadb' ? [...options, '--skip-print-query-on-error'] : options;
}

/** A session with a server, held by its family's client. Each query must return one column, which is JSON. */
export class Session extends ClientSession {
  /** Opens a session. Without `database`, it uses none. */
  static async open(
    family: Family,
    access: Access,
    { tools, signal }: Pick<Work, 'tools' | 'signal'>,
    database: string | undefined,
    patience?: number,
  ): Promise<Session> {
    const client = await tools.client(clientOf[family], signal);
    const names = database === undefined ? [] : [`--database=${database}`];
    const running = start(client, [...access.argumentsFor(family), ...optionsOf(family), '--batch', '--raw', ...names], {
      env: { LC_ALL: 'C' },
      signal,
      stdin: 'pipe',
    });
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

  /** Asks for rows, each of which is one JSON value. */
  async rows<T>(sql: string): Promise<T[]> {
    return (await this.ask(sql)).map((line) => JSON.parse(line) as T);
  }

  /** Asks for one row, which is a JSON value. */
  async json<T>(sql: string): Promise<T> {
    const [row] = await this.rows<T>(sql);
    if (row === undefined) throw new TypeError('the server gave no row where one was expected');
    return row;
  }
}
