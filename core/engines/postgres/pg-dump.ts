import type { Work } from '../engine.ts';
import { bytesOf } from '../tool-dump.ts';
import { type Connection, keepalives } from './connection.ts';
import { postgresError } from './failures.ts';

/** Type money is written and read as this locale has it; every server knows it. */
export const monetary = 'C';

/**
 * Both dumps, the source's and the proof's, are written alike whatever the server's or the role's settings are. Strings are as the standard has them, which is how we read a dump: pg_dump takes over what the server says. pg_dump itself fixes DateStyle, IntervalStyle and extra_float_digits.
 */
export const outputSettings: Connection = {
  LC_ALL: 'C',
  PGTZ: 'UTC',
  PGOPTIONS: `-c lc_monetary=${monetary} -c standard_conforming_strings=on -c bytea_output=hex -c xmloption=content -c statement_timeout=0 -c idle_in_transaction_session_timeout=0`,
};

interface PgDumpOptions {
  /** Whose dump it is, for messages. */
  of?: string;
  warned?: (said: string) => void;
  failed?: (status: number | NodeJS.Signals | null, said: string) => void;
  patience?: number | undefined;
}

/** A plain dump, block by block. `warned` is told at the end what pg_dump said although it succeeded; `failed` what it said before it failed, and may throw an error that is better than ours. */
export async function* pgDump(
  { tools, signal }: Pick<Work, 'tools' | 'signal'>,
  connection: Connection,
  args: string[],
  { of = '', warned = () => undefined, failed = () => undefined, patience }: PgDumpOptions = {},
): AsyncGenerator<Uint8Array> {
  const failure = (status: number | NodeJS.Signals | null, said: string) => {
    failed(status, said);
    return postgresError(`pg_dump${of && ` of ${of}`}`, status, said);
  };
  const launch = await tools.client('pg_dump', signal);
  const options = [keepalives, '--format=plain', '--no-password', ...args];
  yield* bytesOf({ name: 'pg_dump', launch, args: options, env: { ...connection, ...outputSettings }, failure, warned, patience }, signal);
}
