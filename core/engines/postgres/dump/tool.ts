import type { Work } from '../../engine.ts';
import { bytesOf } from '../../server/tool-dump.ts';
import { type Connection, keepalives } from '../connect/connection.ts';
import { postgresError } from '../failures.ts';

interface PgDumpOptions {
  /** Database that is dumped, for messages. */
  of?: string;
  warned?: (said: string) => void;
  failed?: (status: number | NodeJS.Signals | null, said: string) => void;
  patience?: number | undefined;
}

/**
 * Runs pg_dump and yields a plain dump, block by block. The connection must be one that let a Session in, or have the
 * full offer: then the source's dump and the proof's are written alike, whatever servers and roles have set.
 * `warned` gets the warnings of a pg_dump that succeeded. `failed` gets the messages of one that failed, and may throw
 * a better error than ours.
 */
export async function* pgDump(
  { tools, signal }: Pick<Work, 'tools' | 'signal'>,
  connection: Connection,
  args: string[],
  { of = '', warned = () => undefined, failed = () => undefined, patience }: PgDumpOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const failure = (status: number | NodeJS.Signals | null, said: string) => {
    failed(status, said);
    return postgresError(`pg_dump${of && ` of ${of}`}`, status, said);
  };
  const launch = await tools.client('pg_dump', signal);
  const options = [keepalives, '--format=plain', '--no-password', ...args];
  // the connection holds the password, as PGPASSWORD
  yield* bytesOf({ name: 'pg_dump', launch, args: options, env: { LC_ALL: 'C', ...connection }, failure, warned, patience }, signal);
}
