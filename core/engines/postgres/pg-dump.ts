import { startReading } from '../../bytes/tool.ts';
import { SourceUnreachableError } from '../../errors.ts';
import type { Work } from '../engine.ts';
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

/** How long pg_dump may write nothing, in milliseconds. Generous: a table of hundreds of gigabytes that holds nothing but deleted rows is read in silence. */
const usualPatience = 60 * 60_000;

interface PgDumpOptions {
  /** Whose dump it is, for messages. */
  of?: string;
  warned?: (said: string) => void;
  failed?: (status: number | NodeJS.Signals | null, said: string) => void;
  patience?: number | undefined;
}

/**
 * A plain dump, block by block. It ends normally only when pg_dump did; who stops reading before that stops pg_dump. `warned` is told at the end what pg_dump said although it succeeded; `failed` what it said before it failed, and may throw an error that is better than ours.
 * When nothing has come for `patience` milliseconds although we were ready to read, that is a SourceUnreachableError.
 */
export async function* pgDump(
  { tools, signal }: Pick<Work, 'tools' | 'signal'>,
  connection: Connection,
  args: string[],
  { of = '', warned = () => undefined, failed = () => undefined, patience = usualPatience }: PgDumpOptions = {},
): AsyncGenerator<Uint8Array> {
  const program = await tools.client('pg_dump', signal);
  const silence = { after: patience, error: new SourceUnreachableError(`pg_dump has received nothing from the server for ${patience / 1000} s`) };
  const env = { ...connection, ...outputSettings };
  const running = await startReading(program, [keepalives, '--format=plain', '--no-password', ...args], { env, signal, silence });
  try {
    yield* running.blocks;
    const status = await running.ended;
    if (status !== 0) failed(status, running.complaint());
    if (status !== 0) throw postgresError(`pg_dump${of && ` of ${of}`}`, status, running.complaint());
    warned(running.complaint());
  } finally {
    running.child.kill('SIGKILL');
  }
}
