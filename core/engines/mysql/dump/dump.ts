import type { DatabaseOf } from '../../../config/config.ts';
import type { Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import type { SourceIdentity } from '../../../documents/source-identity.ts';
import { ConfigurationError, DumpIncompleteError } from '../../../errors.ts';
import { dumpUnderWay } from '../../dump-under-way.ts';
import type { Dump, Work } from '../../engine.ts';
import { Access } from '../connect/access.ts';
import { addressOf } from '../connect/address.ts';
import { type Connection, connectionOf } from '../connect/connection.ts';
import { openSession } from '../connect/open-session.ts';
import { Session } from '../connect/session.ts';
import { type Family, productOf } from '../family.ts';
import type { Globals } from '../globals-schema.ts';
import { Definitions, digestsIn, othersIn } from '../script/definitions.ts';
import { type MysqlScan, MysqlScanner } from '../script/scanner.ts';
import { withoutEncryption } from '../script/table-options.ts';
import { ChangeTables } from './change-tables.ts';
import { Counting, uncounted } from './compare-counts.ts';
import { missingFrom } from './completeness.ts';
import { behindDamage, type DamagedTable, flawOfDamaged } from './damaged-tables.ts';
import { type Descriptions, describe, flawOf, type Unreadable } from './described.ts';
import { certificateEndOf, passwordEndOf } from './expiry.ts';
import { type AccountsRead, accountsOf, unreadNote, withGrants } from './globals.ts';
import { type History, historyOf } from './history.ts';
import { identityOf } from './identity.ts';
import { InsertPrograms } from './insert-programs.ts';
import { type Facts, factsOf, type Inventory, inventoryOf, inventoryWithout, sizesOf, totalOf } from './inventory.ts';
import { LockWatch } from './lock-watch.ts';
import { flawsOfRights, type Lacking, lackingRights, refuseBlind } from './rights.ts';
import { type Spellings, spellingOf } from './spelled-out.ts';
import { storedPrograms, triggersText } from './stored-programs.ts';
import { mysqlDump } from './tool.ts';
import { refuseCutting, rowlessTables } from './tool-settings.ts';
import { type LeftOut, toldOf, unsafeViews } from './unsafe-views.ts';

/** Longest waits of a dump. */
export interface Waits {
  /** Wait for an answer of the server, in milliseconds; by default ten minutes for a query and an hour for a byte. */
  patience?: number;
  /** Wait for a lock that another session holds, in milliseconds; the dump stops after at most twice that. */
  lockPatience?: number;
  /** Wait for a server that has ended itself, in milliseconds. */
  startPatience?: number;
}

/** Defaults, in milliseconds: as long as our sessions wait for a lock; as a supervisor and a recovery need. */
const [usualLockPatience, usualStartPatience] = [60_000, 120_000];

/** The server's own databases. They come with a server and are never restored into one. */
const ofTheServer = ['mysql', 'sys', 'information_schema', 'performance_schema'];

/** Facts about a source, known before it is dumped. */
interface Source {
  family: Family;
  facts: Facts;
  inventory: Inventory;
  identity: SourceIdentity | undefined;
  /** Estimated size, in bytes. */
  size: number;
  /** Options of the dump tool that this source needs. */
  extra: string[];
  history: History;
  /** Rights that the user lacks. Objects that are hidden for that are not dumped. */
  lacking: Lacking;
  /** Views that are not dumped; `inventory` is without them. */
  leftOut: LeftOut[];
  /** End of the user's password, where it has one and may know it. */
  passwordEnds: string | undefined;
  /** End of the server's certificate, if that is verified. */
  certificateEnds: string | undefined;
  /** Accounts of the server, or why they cannot be read. */
  globals: { found: Globals } | { unread: string };
  /** The server's own descriptions. `inventory` is without what it cannot describe. */
  descriptions: Descriptions;
  /** Spelling of what the server shows with question marks. */
  spelled: Spellings;
}

/**
 * Dumps with the server's own tool, and checks the dump against an inventory. Before that it asks the server for its
 * family, for the user's rights, and for what is there.
 */
export async function dump({ connection }: DatabaseOf<'mysql'>, work: Work, waits: Waits = {}): Promise<Dump> {
  const { patience, lockPatience = usualLockPatience, startPatience = usualStartPatience } = waits;
  await using opening = new AsyncDisposableStack();
  const access = opening.use(await Access.open(connectionOf(await addressOf(connection, work.reveal)), work.scratch));
  const { database } = access.connection;
  if (ofTheServer.includes(database.toLowerCase()))
    throw new ConfigurationError(`${database} is the server's own database, which no dump can restore; name a database of yours`);
  const source = await asked(access, work, patience);
  async function* written(): AsyncGenerator<Uint8Array, Scan> {
    const definitions = new Definitions();
    const scanner = new MysqlScanner(definitions);
    let done = 0;
    let said: string[] = [];
    const warned = (warnings: string[]) => {
      said = warnings;
    };
    await using watch = new LockWatch({ family: source.family, access, work }, lockPatience);
    const watched = { tools: work.tools, signal: AbortSignal.any([work.signal, watch.signal]) };
    await using counting = new Counting(source.inventory.tables, source.descriptions.tables, work, {
      family: source.family,
      access,
      database,
      patience,
      withHistory: source.history.isDumped,
    });
    const programs = storedPrograms(source.inventory, source.descriptions);
    const extra = [...optionsOf(source, database), ...(programs?.options ?? [])];
    const damaged: DamagedTable[] = [];
    const place = { family: source.family, access, database, patience };
    const run = (without: readonly string[]) =>
      mysqlDump(watched, { ...place, extra: [...extra, ...without.map((name) => `--ignore-table=${database}.${name}`)], warned });
    const { spelling } = source.spelled;
    const isChanged = spelling.size > 0 || source.inventory.tables.some(({ engine }) => engine === 'ARCHIVE');
    const changed = (text: AsyncIterable<Uint8Array>) => (isChanged ? new ChangeTables(spelling).from(text) : text);
    const beside: Parameters<typeof behindDamage>[0] = {
      dump: (without) => changed(programs ? new InsertPrograms(programs.text).from(run(without)) : run(without)),
      read: async (table) => {
        for await (const _ of mysqlDump(watched, {
          ...place,
          extra: ['--no-create-info', '--skip-triggers', '--skip-routines', '--skip-events'],
          tables: [table],
        }));
      },
      uptime: () => uptimeOf(source.family, access, work),
      startPatience,
      triggersOf: (table) =>
        programs?.options.includes('--skip-triggers')
          ? ''
          : triggersText(
              source.inventory.triggers.filter((each) => each.table === table).map(({ name }) => name),
              source.descriptions,
            ),
      found: async (table) => {
        damaged.push(table);
        await counting[Symbol.asyncDispose](); // it would read the damaged page too
      },
    };
    for await (const block of behindDamage(beside, scanner, work.signal)) {
      watch.passed();
      counting.begin();
      scanner.write(block);
      done += block.length;
      yield block;
      work.progress('dump', done);
    }
    const found = scanner.end();
    const after = missingFrom(found, source.inventory, source.inventory).length === 0 ? source.inventory : (await asked(access, work, patience)).inventory;
    refuseIncomplete(missingFrom(found, source.inventory, after), source.family);
    const { omitted, notes, generated } = damaged.length > 0 ? uncounted : await counting.comparedWith(found);
    return scanOf(
      source,
      database,
      { ...found, others: othersIn(definitions), definitions: digestsIn(definitions) },
      {
        said: [...said, ...notes, ...source.spelled.doubtful],
        omitted: [...omitted, ...source.spelled.lost],
        generated,
        damaged,
      },
    );
  }
  return dumpUnderWay(written, opening.move(), source.identity);
}

async function uptimeOf(family: Family, access: Access, work: Work): Promise<number> {
  await using session = await Session.open(family, access, work, undefined);
  return Number((await session.ask("SHOW GLOBAL STATUS LIKE 'Uptime'"))[0]?.split('\t')[1]);
}

async function asked(access: Access, work: Work, patience: number | undefined): Promise<Source> {
  const { family, session } = await openSession(access, work, { patience });
  const { rowless, accounts, ...found } = await inquired(session, family, access.connection).finally(() => session[Symbol.asyncDispose]());
  // after the session has ended: a user may have one connection alone
  const descriptions = await describe(found.inventory, work, {
    family,
    access,
    database: access.connection.database,
    patience,
    rowless,
    lacking: found.lacking,
  });
  const inventory = inventoryWithout(found.inventory, descriptions.unreadable);
  refuseBlind(found.lacking, inventory.tables.length);
  const place = { family, access, database: access.connection.database, patience };
  const globals = 'unread' in accounts ? accounts : { found: await withGrants(accounts.accounts, place, work) };
  const spelled = await spellingOf(descriptions.tables, work, place);
  return { family, ...found, inventory, descriptions, spelled, globals };
}

/** Answers of the first session. */
type Inquired = Omit<Source, 'family' | 'descriptions' | 'spelled' | 'globals'> & { rowless: string[]; accounts: AccountsRead };

async function inquired(session: Session, family: Family, connection: Connection): Promise<Inquired> {
  const lacking = await lackingRights(session, family);
  await refuseCutting(session, family);
  const rowless = await rowlessTables(session, family);
  const leftOut = await unsafeViews(session, family);
  const [facts, whole] = [await factsOf(session), await inventoryOf(session)];
  const unsafe = leftOut.map(({ name }) => ({ kind: 'VIEW', name }));
  const inventory = inventoryWithout(whole, unsafe);
  const size = totalOf(await sizesOf(session, family, inventory));
  const identity = await identityOf(session, family, inventory);
  const passwordEnds = await passwordEndOf(session, family);
  const certificateEnds = await certificateEndOf(session, connection);
  const history = await historyOf(session, family, inventory);
  const extra = [...((await session.json<number>(sorted)) === 0 ? ['--order-by-primary'] : []), ...(history.isDumped ? ['--dump-history'] : [])];
  const accounts = await accountsOf(session, family, lacking);
  return { facts, inventory, identity, size, extra, history, lacking, leftOut, rowless, passwordEnds, certificateEnds, accounts };
}

function optionsOf({ extra, lacking, leftOut, descriptions }: Source, database: string): string[] {
  const ignored = [...leftOut, ...descriptions.unreadable.filter(isRelation)];
  // the tools would stop where they may not ask for events
  const isWithoutEvents = lacking.rights.some(({ of }) => of === 'EVENTS');
  return [...extra, ...(isWithoutEvents ? ['--skip-events'] : []), ...ignored.map(({ name }) => `--ignore-table=${database}.${name}`)];
}

/** Returns true for tables, views and sequences, which the tools can leave out. */
function isRelation({ kind }: Unreadable): boolean {
  return ['TABLE', 'VIEW', 'SEQUENCE'].includes(kind);
}

/**
 * Counts tables that an ORDER BY of their first unique key would sort. Only InnoDB keeps rows in the order of the
 * primary key.
 */
const sorted = `SELECT COUNT(*) FROM (SELECT s.TABLE_NAME, t.ENGINE, MAX(s.INDEX_NAME = 'PRIMARY') AS has_primary FROM information_schema.STATISTICS s
  JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.TABLE_SCHEMA AND t.TABLE_NAME = s.TABLE_NAME
  WHERE s.TABLE_SCHEMA = DATABASE() AND s.NON_UNIQUE = 0 GROUP BY s.TABLE_NAME, t.ENGINE) AS keyed WHERE NOT (has_primary = 1 AND ENGINE = 'InnoDB')`;

function refuseIncomplete(missing: string[], family: Family): void {
  if (missing.length === 0) return;
  throw new DumpIncompleteError(`${productOf[family]}'s tool succeeded, but ${shortened(missing).join('; ')}`);
}

function scanOf(
  { family, facts, inventory, size, extra, history, lacking, leftOut, descriptions, passwordEnds, certificateEnds, globals }: Source,
  database: string,
  { others, definitions, longestStatement, ...found }: MysqlScan & { others: string[]; definitions: Record<string, string> },
  { said, omitted, generated, damaged }: { said: string[]; omitted: string[]; generated: Record<string, Record<string, string>>; damaged: DamagedTable[] },
): Scan {
  const { version, ...ofDatabase } = facts;
  const { definers, zones } = inventory;
  const product = { name: productOf[family], version };
  const described = Object.fromEntries(descriptions.digests);
  const encryption = [...new Set([...descriptions.tables.values()].map((text) => withoutEncryption(Buffer.from(text)).leftOut.join(' ')))].filter(Boolean);
  const missing = [...omitted, ...history.missing];
  const flaws = [...flawsOfRights(lacking), ...descriptions.unreadable.map(flawOf), ...damaged.map(flawOfDamaged)];
  const mysql = {
    database,
    ...ofDatabase,
    size,
    definers,
    zones,
    others,
    definitions,
    described,
    longestStatement,
    ...(encryption.length > 0 && { encryption }),
    ...(Object.keys(generated).length > 0 && { generated }),
    options: extra,
    ...(leftOut.length > 0 && { leftOut }),
    ...('found' in globals && { globals: globals.found }),
  };
  return {
    format: 'sauvegarde-scan',
    version: 1,
    engine: 'mysql',
    product,
    ...found,
    mysql,
    ...(flaws.length > 0 && { flaws }),
    ...(passwordEnds !== undefined && { passwordEnds }),
    ...(certificateEnds !== undefined && { certificateEnds }),
    ...(missing.length > 0 && { omitted: missing }),
    warnings: [...said, ...leftOut.map(toldOf), ...warningsOf(inventory), ...('unread' in globals ? [unreadNote(globals.unread)] : [])],
  };
}

function warningsOf({ tables }: Inventory): string[] {
  const loose = tables.filter(({ transactional, engine }) => !transactional && engine !== '').map(({ name, engine }) => `${name} (${engine})`);
  return loose.length > 0 ? [`these tables have no transactions, so what was written to them during the dump may be there in part: ${loose.join(', ')}`] : [];
}
