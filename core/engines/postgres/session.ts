import { start } from '../../bytes/tool.ts';
import type { Launch } from '../../launch.ts';
import { ClientSession } from '../client-session.ts';
import { type Connection, keepalives } from './connection.ts';
import { postgresError } from './failures.ts';

/** A session with a server, held by psql. Each query is expected to give one column of one row, which may be JSON. */
export class Session extends ClientSession {
  constructor(psql: Launch, connection: Connection, signal: AbortSignal, patience?: number) {
    const env = { PGAPPNAME: 'sauvegarde', PGTZ: 'UTC', PGCLIENTENCODING: 'UTF8', ...connection };
    const options = [keepalives, '-X', '-q', '-A', '-t', '--no-password', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=terse', '-v', 'SHOW_CONTEXT=never'];
    const dialect = {
      after: (statement: string, word: string) => `${statement};\n\\echo ${word}\n`,
      failure: (status: number | NodeJS.Signals | null, complaint: string) => postgresError('psql', status, complaint),
    };
    super(start(psql, options, { env, signal, stdin: 'pipe' }), dialect, patience);
  }

  /** One JSON value. */
  async json<T>(sql: string): Promise<T> {
    return JSON.parse((await this.ask(sql)).join('\n')) as T;
  }
}
