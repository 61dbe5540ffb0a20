import type { Database, Reference, Target } from '../../config/config.ts';
import { databaseOf } from '../../config/database-of.ts';
import type { Engine } from '../../engines/engine.ts';
import { ConfigurationError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { engineOf } from '../backup/engine-of.ts';
import { workFor } from '../backup/work.ts';
import type { ServerAddress } from './restore-tests.ts';

/** A restored instance, and the database whose user and name hold there too. */
export interface ToRead extends ServerAddress {
  database: string;
}

/** Inventory of a restored database, every row of which was read. */
export interface RestoredInventory {
  /** Numbers of rows by table. */
  rows: Record<string, number>;
  /** Parts that could not be read. */
  flaws: string[];
}

/** Reads restored instances, each from the place of its database. Throws as a dump does. */
export interface Reader {
  read(restored: ToRead): Promise<RestoredInventory>;
}

/**
 * Dumps a restored database through its engine's scanner, as a backup does, and stores nothing. Throws as a dump does,
 * and ConfigurationError for a server that is not beside the database's own, which would get its password.
 */
export async function readRestored(
  platform: With<'tools' | 'reveal' | 'scratch' | 'engines'>,
  { database: name, ...address }: ToRead,
  signal: AbortSignal,
): Promise<RestoredInventory> {
  const database = databaseOf(platform, name);
  const engine = engineOf(platform, database.engine);
  platform.log.info(`${name}: reading what AWS Backup restored at ${address.host}`);
  const there = await at(address, name, database, engine, (reference) => platform.reveal(reference));
  const work = workFor(platform, name, signal);
  // the address is made here, and a text already
  const reveal = async (reference: Reference) => (typeof reference === 'string' ? reference : work.reveal(reference));
  await using dumping = await engine.dump(there, { ...work, reveal });
  let size = 0;
  for await (const block of dumping.bytes) size += block.byteLength;
  const { flaws = [], tables } = dumping.scan();
  platform.log.info(`${name}: ${size} bytes were read`);
  return { rows: Object.fromEntries(tables.map((table) => [table.name, table.rows])), flaws: flaws.map(({ what }) => what) };
}

/** Returns the database as it is configured, on another server. */
async function at(
  { host, port }: ServerAddress,
  name: string,
  database: Database,
  engine: Engine,
  reveal: (reference: Reference) => Promise<string>,
): Promise<Database> {
  if (!('connection' in database)) throw new ConfigurationError(`databases.${name} is a file, which AWS Backup restores to no server`);
  const { connection } = database;
  if ('iam' in connection) {
    refuseElsewhere(name, connection.iam.host, host);
    return { ...database, connection: { iam: { ...connection.iam, host, port } } };
  }
  const url = new URL(await engine.addressOf(database as Target, reveal));
  refuseElsewhere(name, url.hostname, host);
  url.hostname = host;
  url.port = String(port);
  return { ...database, connection: { url: url.href } };
}

/**
 * Throws ConfigurationError unless both names differ in their first part alone: RDS names an instance
 * `name.account.region.rds.amazonaws.com`, where `account` stands for one account in one region.
 */
function refuseElsewhere(name: string, own: string, restored: string): void {
  const [ownRest, rest] = [own, restored].map((host) => host.toLowerCase().split('.').slice(1).join('.'));
  if (own.toLowerCase() === restored.toLowerCase() || (rest !== '' && rest === ownRest)) return;
  throw new ConfigurationError(
    `the restored instance ${restored} is not beside ${own}, the host of databases.${name}, and could be anybody's; write the host of that database as RDS gives it`,
  );
}
