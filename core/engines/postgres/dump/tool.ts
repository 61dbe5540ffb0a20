import type { Work } from '../../engine.ts';
import { bytesOf } from '../../server/tool-dump.ts';
import { type Connection, keepalives } from '../connect/connection.ts';
import { postgresError } from '../failures.ts';

interface PgDumpOptions {
  /** Whose dump it is, for messages. */
  of?: string;
  warned?: (said: string) => void;
  failed?: (status: number | NodeJS.Signals | null, said: string) => void;
  patience?: number | undefined;
}

/**
 * A plain dump, block by block. The connection is one that a Session was let in by, or has the full offer: then both dumps, the source's and the proof's, are written alike whatever servers and roles have set. `warned` is
 * told at the end what pg_dump said although it succeeded; `failed` what it said before it failed, and may throw an error that is better than ours.
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
  yield* bytesOf({ name: 'pg_dump', launch, args: options, env: { LC_ALL: 'C', ...connection }, failure, warned, patience }, signal);
}
