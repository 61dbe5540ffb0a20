import type { Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { DocumentInvalidError } from '../../../errors.ts';
import type { ProofResult, Work } from '../../engine.ts';
import { proveInTurn } from '../../server/prove-in-turn.ts';
import { smallDump } from '../../server/scratch/server.ts';
import { isOfAccounts } from '../dump/globals.ts';
import { toldOf } from '../dump/unsafe-views.ts';
import { type Family, familyOf } from '../family.ts';
import { prepare } from './prepare.ts';
import { proveAccounts } from './prove-accounts.ts';
import { proveStatements } from './prove-statements.ts';
import { accounts, ScratchDatabase, type Source, superuser } from './scratch-database.ts';
import { ScratchServer, smallBuffers } from './scratch-server.ts';

/** Largest number of notes about accounts. */
const mostNotes = 20;

/**
 * Restores into a server of our own of the same family, as an ordinary user. Dumps that with the same tool and options
 * through the same scanner, and compares table by table and definition by definition. Goes on to the end, whatever
 * fails.
 */
export async function prove(open: () => AsyncIterable<Uint8Array>, expected: Scan, work: Work): Promise<ProofResult> {
  const started = await startFor(expected, work);
  const { source } = started;
  await using server = started.server;
  await using scratch = await ScratchDatabase.open(server, source.database, work);
  const context = { scratch, open, expected, source, work };
  const result = await proveInTurn({
    prepare: () => prepare(scratch, source),
    partly: (missing) => proveStatements(context, missing),
    completed: (found) => ({
      ...found,
      unproven: [...(source.leftOut ?? []).map(toldOf), ...found.unproven],
      notes: [...expected.warnings.filter(isOfAccounts), ...found.notes],
    }),
  });
  const accounts = result.differences.length > 0 ? [] : await proveAccounts(scratch, source);
  return { ...result, notes: [...result.notes, ...shortened(accounts, mostNotes)] };
}

/** Starts the server that a dump is restored into. Throws DocumentInvalidError if the scan is of another engine. */
export async function startFor({ mysql: source, product, size }: Scan, work: Work): Promise<{ server: ScratchServer; source: Source }> {
  if (!source) throw new DocumentInvalidError('the scan lacks the part "mysql", which describes its database');
  const family = familyOf(product.name);
  const server = await ScratchServer.start({
    family,
    launch: await work.tools.server(family, work.signal),
    scratch: work.scratch,
    templates: work.tools.templates,
    signal: work.signal,
    user: superuser,
    beginning: accounts,
    ...settingsFor(family, source, size),
  });
  return { server, source };
}

/**
 * A log of 100 MB, both families' default, makes up most of a new data directory. A row may take a tenth of the log, so
 * a small one holds any row of a dump of at most `smallDump` bytes, twice over.
 */
const smallLog: Record<Family, Record<string, string>> = { mysql: { 'innodb-redo-log-capacity': '10M' }, mariadb: { 'innodb-log-file-size': '10M' } };

/**
 * Copies from the source the settings that change a dump's meaning. MySQL fixes the case of names when it makes its
 * data directory, and a file system that tells cases apart cannot have 2.
 */
function settingsFor(family: Family, { lowerCaseTableNames, sqlMode, computing = {}, generated }: Source, size: number) {
  const own: Record<string, string> =
    family === 'mysql' ? { 'restrict-fk-on-non-standard-key': 'OFF', 'sql-mode': withoutRemoved(sqlMode) } : { 'sql-mode': sqlMode };
  return {
    lasting: { 'lower-case-table-names': String(Math.min(lowerCaseTableNames, 1)), ...(size <= smallDump && smallLog[family]) },
    settings: {
      ...own,
      ...(size <= smallDump && smallBuffers[family]),
      ...Object.fromEntries(Object.entries(generated ? computing : {}).map(([name, value]) => [name.replaceAll('_', '-'), value])),
      'event-scheduler': 'OFF',
      'max-allowed-packet': '1G',
      'innodb-strict-mode': 'OFF',
    },
  };
}

/**
 * Removes modes of MySQL 5.7, with which MySQL 8 does not start. NO_AUTO_CREATE_USER does not affect a dump; the others
 * stand for several modes that are named beside them.
 */
function withoutRemoved(sqlMode: string): string {
  const removed = /^(?:NO_AUTO_CREATE_USER|DB2|MAXDB|MSSQL|MYSQL323|MYSQL40|ORACLE|POSTGRESQL|NO_FIELD_OPTIONS|NO_KEY_OPTIONS|NO_TABLE_OPTIONS)$/;
  return sqlMode
    .split(',')
    .filter((mode) => !removed.test(mode))
    .join(',');
}
