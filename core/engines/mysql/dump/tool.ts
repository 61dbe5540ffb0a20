import { setTimeout } from 'node:timers/promises';
import type { Work } from '../../engine.ts';
import { bytesOf } from '../../server/tool-dump.ts';
import type { Access } from '../connect/access.ts';
import { isAtItsLimit, mysqlError } from '../failures.ts';
import { dumpToolOf, type Family } from '../family.ts';
import { beginning } from './tool-settings.ts';

/**
 * Options of both dumps, the source's and the proof's, so that they are written alike. A dump drops nothing: restored
 * by mistake into a database that is in use, it stops at the first table. Binary columns are hexadecimal, so a dump is
 * UTF-8 throughout. Times are in UTC (`--tz-utc`, a default of both tools, as are extended INSERTs).
 */
const options = [
  '--default-character-set=utf8mb4',
  '--single-transaction',
  '--quick',
  '--routines',
  '--triggers',
  '--events',
  '--hex-blob',
  '--skip-add-drop-table',
  // with locks, MariaDB would not let a default of NEXTVAL(…) read its sequence, which is not locked
  '--skip-add-locks',
  '--max-allowed-packet=1G', // the maximum; it has room for the longest row twice
];

const own: Record<Family, string[]> = { mysql: ['--set-gtid-purged=OFF', '--no-tablespaces'], mariadb: [] };

interface MysqlDumpOptions {
  family: Family;
  access: Access;
  database: string;
  /** Options beside those that every dump has. */
  extra: readonly string[];
  /** Tables that are dumped alone. @default all */
  tables?: readonly string[];
  /** Database that is dumped, for messages. */
  of?: string;
  warned?: (said: string[]) => void;
  /** Receives the tool's messages before it failed; may throw a better error than ours. */
  failed?: (status: number | NodeJS.Signals | null, said: string) => void;
  patience?: number | undefined;
}

/**
 * Number of attempts to connect while the user or the server has no room, and the pause between two: a connection that
 * was just closed, or that looks for locks at this moment, still counts.
 */
const mostTries = 10;
const pauseMilliseconds = 100;

/** Dumps one database, block by block. */
export async function* mysqlDump(
  { tools, signal }: Pick<Work, 'tools' | 'signal'>,
  { family, access, database, tables = [], extra, of = '', warned = () => undefined, failed = () => undefined, patience }: MysqlDumpOptions,
): AsyncGenerator<Uint8Array> {
  const name = dumpToolOf[family];
  const failure = (status: number | NodeJS.Signals | null, said: string) => {
    failed(status, said);
    return mysqlError(`${name}${of && ` of ${of}`}`, status, said);
  };
  const launch = await tools.client(name, signal);
  const args = [...access.argumentsFor(family), ...options, ...own[family], ...beginning[family], ...extra, '--', database, ...tables];
  const heard = (said: string) => warned(said.split('\n').filter((line) => line !== ''));
  for (let tries = 1; ; tries++) {
    let isBegun = false;
    try {
      for await (const block of bytesOf({ name, launch, args, env: { LC_ALL: 'C' }, failure, warned: heard, patience }, signal)) {
        isBegun = true;
        yield block;
      }
      return;
    } catch (error) {
      if (isBegun || !isAtItsLimit(error) || tries === mostTries) throw error;
    }
    await setTimeout(pauseMilliseconds, undefined, { signal });
  }
}
