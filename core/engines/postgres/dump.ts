import { startReading } from '../../bytes/tool.ts';
import type { PostgresDatabase } from '../../config.ts';
import type { Scan } from '../../documents/scan.ts';
import { DumpIncompleteError, ToolTooOldError } from '../../errors.ts';
import { postgresMajor } from '../../tools.ts';
import type { Dump, Work } from '../engine.ts';
import { missingFrom } from './completeness.ts';
import { type Connection, connectionOf } from './connection.ts';
import { postgresError } from './failures.ts';
import { type Inventory, inventoryOf } from './inventory.ts';
import { PostgresScanner } from './scanner.ts';
import { Session } from './session.ts';

/** How long a lock that another session holds is waited for. */
const usualLockTimeout = '60s';

/**
 * Both dumps, the source's and the proof's, are written alike whatever the server's or the role's settings are. Strings are as the standard has them, which is how we read a dump: pg_dump takes over what the server says. pg_dump itself fixes DateStyle, IntervalStyle and extra_float_digits.
 */
export const outputSettings: Connection = {
  LC_ALL: 'C',
  PGTZ: 'UTC',
  PGOPTIONS: '-c standard_conforming_strings=on -c bytea_output=hex -c xmloption=content -c statement_timeout=0 -c idle_in_transaction_session_timeout=0',
};

/** Tables are locked before the snapshot is taken: a TRUNCATE or ALTER that came in between would not be undone by it. Asked for as JSON, because a table's name can hold a line feed. */
const lockEverything = `SELECT to_json('LOCK TABLE ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ') || ' IN ACCESS SHARE MODE')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** A session takes the locks, exports a snapshot and an inventory of it; pg_dump dumps that same snapshot, and what it wrote is held against the inventory. */
export async function dump(database: PostgresDatabase, work: Work, { lockTimeout = usualLockTimeout }: { lockTimeout?: string } = {}): Promise<Dump> {
  const connection = { ...connectionOf(await work.reveal(database.connection.url)), ...outputSettings };
  const session = new Session(await work.tools.client('psql', work.signal), connection, work.signal);
  try {
    const { snapshot, inventory } = await openSnapshot(session, database, lockTimeout);
    refuseNewer(inventory.version);
    const pgDump = await work.tools.client('pg_dump', work.signal);
    let scan: Scan | undefined;
    async function* bytes(): AsyncGenerator<Uint8Array> {
      const env = { ...connection, PGCLIENTENCODING: inventory.encoding };
      const running = await startReading(pgDump, argumentsFor(database, snapshot, lockTimeout), { env, signal: work.signal });
      try {
        const scanner = new PostgresScanner();
        let done = 0;
        for await (const block of running.blocks) {
          scanner.write(block);
          yield block;
          done += block.length;
          work.progress('dump', done);
        }
        const status = await running.ended;
        if (status !== 0) throw postgresError('pg_dump', status, running.complaint());
        scan = finished(scanner, inventory, database, running.complaint());
      } finally {
        running.child.kill('SIGKILL');
      }
    }
    return {
      bytes: bytes(),
      scan: () => {
        if (!scan) throw new TypeError('the scan is known only after the last byte');
        return scan;
      },
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

async function openSnapshot(session: Session, database: PostgresDatabase, lockTimeout: string): Promise<{ snapshot: string; inventory: Inventory }> {
  await session.ask(`SET lock_timeout = '${lockTimeout}'`);
  const locks = isWhole(database) ? (await session.ask(lockEverything)).join('\n') : ''; // a name may hold a line feed
  await session.ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  if (locks !== '') await session.ask(JSON.parse(locks) as string);
  const [snapshot = ''] = await session.ask('SELECT pg_export_snapshot()');
  return { snapshot, inventory: await inventoryOf(session) };
}

function finished(scanner: PostgresScanner, inventory: Inventory, database: PostgresDatabase, said: string): Scan {
  const found = scanner.end();
  const missing = isWhole(database) ? missingFrom(found, inventory) : [];
  if (missing.length > 0)
    throw new DumpIncompleteError(`pg_dump succeeded, but ${missing.slice(0, 5).join('; ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`);
  const { encoding, collation, roles, extensions } = inventory;
  const source = { encoding, collation, roles, extensions };
  const warnings = said === '' ? [] : said.split('\n');
  return { format: 'sauvegarde-scan', version: 1, engine: 'postgres', product: { name: 'PostgreSQL', version: inventory.version }, ...found, source, warnings };
}

function argumentsFor({ include, exclude }: PostgresDatabase, snapshot: string, lockTimeout: string): string[] {
  return [
    '--format=plain',
    '--no-password',
    `--lock-wait-timeout=${lockTimeout}`,
    `--snapshot=${snapshot}`,
    ...(include.schemas.length + include.tables.length > 0 ? ['--strict-names'] : []),
    ...include.schemas.map((pattern) => `--schema=${pattern}`),
    ...include.tables.map((pattern) => `--table=${pattern}`),
    ...exclude.schemas.map((pattern) => `--exclude-schema=${pattern}`),
    ...exclude.tables.map((pattern) => `--exclude-table=${pattern}`),
    ...exclude.rows.map((pattern) => `--exclude-table-data=${pattern}`),
  ];
}

/** Whether everything is to be dumped, and so must be in the dump. */
function isWhole({ include, exclude }: PostgresDatabase): boolean {
  return [include.schemas, include.tables, exclude.schemas, exclude.tables, exclude.rows].every((patterns) => patterns.length === 0);
}

/** pg_dump refuses a server newer than itself too; here the error says what to do. */
function refuseNewer(version: string): void {
  const major = Number.parseInt(version, 10);
  if (major > postgresMajor) throw new ToolTooOldError(`the server is PostgreSQL ${version}; the tools are of version ${postgresMajor}`);
}
