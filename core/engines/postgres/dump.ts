import type { PostgresDatabase } from '../../config.ts';
import type { Scan } from '../../documents/scan.ts';
import { DumpIncompleteError, ToolTooOldError } from '../../errors.ts';
import { postgresMajor } from '../../tools.ts';
import type { Dump, Work } from '../engine.ts';
import { addressOf } from './address.ts';
import { missingFrom } from './completeness.ts';
import { type Inventory, inventoryOf } from './inventory.ts';
import { neededRoles } from './needed-roles.ts';
import { openConnection } from './open-connection.ts';
import { outputSettings, pgDump } from './pg-dump.ts';
import { PostgresScanner } from './scanner.ts';
import { argumentsFor, isWhole } from './selection.ts';
import { Session } from './session.ts';

/** How long a lock that another session holds is waited for. */
const usualLockTimeout = '60s';

/** What a dump waits for. */
export interface Waits {
  /** A lock that another session holds, as PostgreSQL writes times. */
  lockTimeout?: string;
  /** An answer of the server, in milliseconds; when not given, ten minutes for a query and an hour for a byte. */
  patience?: number;
}

/** Tables are locked before the snapshot is taken: a TRUNCATE or ALTER that came in between would not be undone by it. Asked for as JSON, because a table's name can hold a line feed. */
const lockEverything = `SELECT to_json('LOCK TABLE ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ') || ' IN ACCESS SHARE MODE')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** A session takes the locks, exports a snapshot and an inventory of it; pg_dump dumps that same snapshot, and what it wrote is held against the inventory. */
export async function dump(database: PostgresDatabase, work: Work, { lockTimeout = usualLockTimeout, patience }: Waits = {}): Promise<Dump> {
  await using opening = new AsyncDisposableStack();
  const { connection } = opening.use(await openConnection(await addressOf(database.connection, work.reveal), work.scratch));
  const session = opening.use(new Session(await work.tools.client('psql', work.signal), { ...connection, ...outputSettings }, work.signal, patience));
  const { snapshot, inventory } = await openSnapshot(session, database, lockTimeout);
  refuseNewer(inventory.version);
  const args = [`--lock-wait-timeout=${lockTimeout}`, `--snapshot=${snapshot}`, ...argumentsFor(database)];
  let scan: Scan | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const scanner = new PostgresScanner();
    let done = 0;
    let said = '';
    const warned = (warnings: string) => {
      said = warnings;
    };
    for await (const block of pgDump(work, { ...connection, PGCLIENTENCODING: inventory.encoding }, args, { warned, patience })) {
      scanner.write(block);
      done += block.length;
      yield block;
      work.progress('dump', done);
    }
    scan = finished(scanner, inventory, database, said);
  }
  const opened = opening.move();
  return {
    bytes: bytes(),
    scan: () => {
      if (!scan) throw new TypeError('the scan is known only after the last byte');
      return scan;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
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
  const missing = isWhole(database) ? missingFrom(found, inventory, database.options) : [];
  if (missing.length > 0)
    throw new DumpIncompleteError(`pg_dump succeeded, but ${missing.slice(0, 5).join('; ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`);
  const warnings = said === '' ? [] : said.split('\n');
  const product = { name: 'PostgreSQL', version: inventory.version };
  const { foreignSchemas, ...learnt } = found;
  return { format: 'sauvegarde-scan', version: 1, engine: 'postgres', product, ...learnt, source: sourceOf(inventory, database, foreignSchemas), warnings };
}

function sourceOf(inventory: Inventory, { include, exclude, options }: PostgresDatabase, foreignSchemas: string[]): Scan['source'] {
  const { encoding, collation, extensions, size } = inventory;
  const without = { owners: options.includes('--no-owner'), privileges: options.includes('--no-privileges') };
  const selection = { include, exclude, options };
  const named = { roles: neededRoles(inventory, without), owners: without.owners ? [] : inventory.owners, definitionRoles: inventory.definitionRoles };
  // otherwise a schema that the dump does not make is made by an extension
  const schemas = include.tables.length > 0 && { schemas: foreignSchemas.filter((name) => name !== 'public') };
  return { encoding, collation, ...named, extensions, ...schemas, ...(isWhole(selection) && { size }), selection };
}

/** pg_dump refuses a server newer than itself too; here the error says what to do. */
function refuseNewer(version: string): void {
  const major = Number.parseInt(version, 10);
  if (major > postgresMajor) throw new ToolTooOldError(`the server is PostgreSQL ${version}; the tools are of version ${postgresMajor}`);
}
