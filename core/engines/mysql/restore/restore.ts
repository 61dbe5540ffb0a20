import { rowsOf, type Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { endOf, errorFrom, RefusedError, RestoreFailedError, reasonOf } from '../../../errors.ts';
import type { Restored, RestoreTarget, Work } from '../../engine.ts';
import { uncompared } from '../../server/uncompared.ts';
import { withProgress } from '../../server/with-progress.ts';
import { Access } from '../connect/access.ts';
import { addressForPeople, connectionOf } from '../connect/connection.ts';
import { openSession } from '../connect/open-session.ts';
import { runQueries } from '../connect/run-queries.ts';
import { inventoryOf } from '../dump/inventory.ts';
import { numberIn, wordsOf } from '../failures.ts';
import type { Family } from '../family.ts';
import type { Globals } from '../globals-schema.ts';
import { Definitions } from '../script/definitions.ts';
import { identifier } from '../sql-text.ts';
import { comparedWith } from './compare.ts';
import { refusedEncryption } from './encryption-here.ts';
import { AccountMaking } from './make-accounts.ts';
import { primaryKeysAsTheyAre } from './primary-keys.ts';
import { settingsOfRest } from './relaxed-table.ts';
import { RestoreScript, settingOf } from './restore-script.ts';
import { runScript } from './run-script.ts';
import { contentsOf, isEmpty, type Target, targetOf } from './target.ts';
import { checkTarget, notesOn } from './target-check.ts';

/** Longest time for removing accounts after a failure, in milliseconds. */
const undoPatience = 20_000;

/**
 * Restores into an existing database, stops at the first error, then dumps it again and compares its rows with the
 * scan. MySQL and MariaDB cannot undo the making of tables. So after an error the target holds a part of the backup,
 * and the RestoreFailedError says so.
 */
export async function restore(
  open: () => AsyncIterable<Uint8Array>,
  scan: Scan,
  { into, force, withoutOwners = false, withoutPrivileges = false, without = [], enableEvents = false, withRoles = false }: RestoreTarget,
  work: Work,
): Promise<Restored> {
  const globals = withRoles ? globalsIn(scan, { withoutGrants: withoutPrivileges }) : undefined;
  await using access = await Access.open(connectionOf(into), work.scratch);
  const target = await asked(access, work, targetOf);
  checkTarget(target, scan, { force, withoutDefiners: withoutOwners, withAccounts: globals !== undefined });
  if (!isEmpty(target)) work.warn(`the target is not empty: it has ${contentsOf(target)}. This is restored beside it`);
  const { family, database } = target;
  const { computing, refusals } = await computingHere(scan, { family, access, database }, work);
  const variables = { ...computing, ...(await primaryKeysAsTheyAre({ family, access, database }, work)) };
  const stored = new Definitions({ withoutDefiners: withoutOwners });
  const names = { from: scan.mysql?.database ?? database, to: database };
  const accountsBy = (signal: AbortSignal) => (statements: readonly string[]) =>
    runQueries(statements, { ...work, signal }, { family, access, database }, () => undefined);
  const making = globals && new AccountMaking(globals, { ...target, renamed: names }, accountsBy(work.signal));
  await using undoing = new AsyncDisposableStack();
  undoing.defer(async () => {
    const still = (await making?.undo(accountsBy(AbortSignal.timeout(undoPatience)))) ?? [];
    if (still.length > 0) work.warn(`these accounts were made, and could not be removed after the restore failed: ${shortened(still).join(', ')}`);
  });
  await making?.before();
  const keyless = await refusedEncryption(scan, { family, access, database }, work);
  const left = new Set(without.flatMap(({ statement }) => statement ?? []));
  const changes = {
    withoutDefiners: withoutOwners,
    renamed: names,
    disablesEvents: true,
    ignoresChecks: family === 'mariadb',
    without: left,
    variables,
    unencrypted: new Set(keyless.keys()),
  };
  const script = new RestoreScript(changes, stored);
  // the dump was damaged on the way, or somebody stopped it; the error says which
  const partly = (error: unknown) => {
    const cause = endOf(error, work.signal);
    const { name, message } = reasonOf(cause);
    throw errorFrom(name, `${message.replace(/\.$/, '')}. ${database} may hold a part of the backup now. ${wayOut(target, scan)}`, { cause });
  };
  const run = runScript(work, script.from(withProgress(open(), 'restore', scan.size, work)), { family, access, database });
  const { status, complaint } = await run.catch(partly);
  if (status !== 0)
    throw new RestoreFailedError(
      `the restore stopped: ${(explained(complaint, target, scan) || `the client ended with ${status}`).replace(/\.$/, '')}. ${await remains(target, scan, access, work)}`,
    );
  undoing.move(); // from here on the database is restored
  await making?.after();
  const later = script.relaxed.flatMap(({ table }) => table.later);
  const firsts = [settingsOfRest, ...settingOf(variables)];
  const refused = await runQueries(
    later.length > 0 ? [...firsts, ...later.map(({ sql }) => sql)] : [],
    work,
    { family, access, database },
    () => undefined,
  ).catch(partly);
  const leftOut = later.filter((_, index) => refused.has(index + firsts.length)).map(({ what }) => `left out, because rows of the backup violate it: ${what}`);
  const { found, notes: differences } = await comparedWith({ scan, open, definitions: stored }, target, access, work).catch((error: unknown) => {
    throw uncompared(error, work.signal);
  });
  const events = await stateOfEvents(script.enabledEvents, enableEvents, target, access, work);
  const notes = [...(making?.notes ?? []), ...refusals, ...leftOut, ...notesOnTables(script, keyless), ...differences, ...events];
  return { into: addressForPeople(into), tables: found.tables.length, rows: rowsOf(found), notes: [...notesOn(target, scan), ...notes] };
}

/** Notes which tables lie otherwise than at the source. */
function notesOnTables({ placed, unencrypted }: RestoreScript, refused: Map<string, string>): string[] {
  return [
    ...(placed.length > 0 ? [`these tables lie where the server keeps its tables, not where the source's did: ${shortened(placed).join(', ')}`] : []),
    ...(unencrypted.length > 0
      ? [
          `these tables are NOT encrypted, as they were at the source, because this server refuses it (${[...refused.values()].join('; ')}): ${shortened(unencrypted).join(', ')}`,
        ]
      : []),
  ];
}

/** Returns the accounts that a backup holds. Throws RefusedError if it holds none. */
function globalsIn({ mysql }: Scan, { withoutGrants }: { withoutGrants: boolean }): Globals {
  if (!mysql?.globals)
    throw new RefusedError(
      'the backup holds no users and roles of its server, because its user could not read them, it was made elsewhere, or an earlier version made it; restore it without --with-roles',
    );
  return withoutGrants ? { ...mysql.globals, grants: [], proxies: [] } : mysql.globals;
}

/** Chooses the source's variables that decide values of generated columns and that the target can take. */
async function computingHere(
  { mysql }: Scan,
  place: { family: Family; access: Access; database: string },
  work: Work,
): Promise<{ computing: Record<string, string>; refusals: string[] }> {
  const all = mysql?.generated ? Object.entries(mysql.computing ?? {}) : [];
  const refused = await runQueries(
    all.flatMap(([name, value]) => settingOf({ [name]: value })),
    work,
    place,
    () => undefined,
  );
  return {
    computing: Object.fromEntries(all.filter((_, index) => !refused.has(index))),
    refusals: all
      .filter((_, index) => refused.has(index))
      .map(([name, value]) => `values of generated columns may differ, because this server does not take the source's ${name} = ${value}`),
  };
}

/** Lets the events run that ran at the source, if that is wanted. Tells which do not run. */
async function stateOfEvents(events: readonly string[], isWanted: boolean, { family, database }: Target, access: Access, work: Work): Promise<string[]> {
  if (events.length === 0) return [];
  const enabling = (name: string) => `ALTER EVENT ${identifier(name)} ENABLE`;
  if (!isWanted) {
    const example = enabling(events[0] as string);
    return [
      `these events are disabled, so that nothing runs in the copy unasked: ${shortened([...events]).join(', ')}. Let one run by ${example}; or restore with --enable-events`,
    ];
  }
  const refused = await runQueries(events.map(enabling), work, { family, access, database }, () => undefined);
  return [...refused].map(([index, said]) => `the event ${events[index]} stays disabled: ${wordsOf(said)}`);
}

async function asked<T>(
  access: Access,
  work: Work,
  question: (session: Awaited<ReturnType<typeof openSession>>['session'], family: Family) => Promise<T>,
): Promise<T> {
  const { family, session } = await openSession(access, work);
  try {
    return await question(session, family);
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

/** Explains what stopped a restore, and what to do if the server's words do not say it. */
function explained(complaint: string, { facts }: Target, { mysql }: Scan): string {
  const said = wordsOf(complaint).slice(0, 400);
  const number = numberIn(complaint) ?? 0;
  if ([1153, 2006, 2020].includes(number)) return `${said}. If a statement was too long for the server, set max_allowed_packet = 1G there`;
  if (number === 3750) return `${said}. Set sql_require_primary_key = OFF on the server while you restore, or restore as a user with SESSION_VARIABLES_ADMIN`;
  if (number === 1180) return `${said}. A row may be there twice: MariaDB checks the keys of many rows at once and does not say which`;
  if (number === 6125) return `${said}. Set restrict_fk_on_non_standard_key = OFF there, as it was in the source`;
  if (number === 1146 && mysql && mysql.lowerCaseTableNames > 0 && facts.lowerCaseTableNames === 0)
    return `${said}. The source did not tell the case of names apart, and this server does: restore into one with lower_case_table_names = 1`;
  if (number === 1227) return `${said}. Restore as an administrator, or leave definers out with --no-owner`;
  return said;
}

/** Describes what an interrupted restore has left behind. */
async function remains(target: Target, scan: Scan, access: Access, work: Work): Promise<string> {
  const now = await asked(access, work, async (session) => (await inventoryOf(session)).tables.length).catch(() => undefined);
  const made = now === undefined ? 'a part' : `${now - target.tables.length} of ${scan.tables.length} tables`;
  return `${target.database} holds ${made} of the backup now, because this server cannot undo the making of tables. ${wayOut(target, scan)}`;
}

function wayOut(target: Target, { mysql }: Scan): string {
  if (!isEmpty(target)) return 'Remove there what the backup has, and restore again';
  const settings = mysql ? ` CHARACTER SET ${mysql.characterSet} COLLATE ${mysql.collation}` : '';
  return `It was empty before: DROP DATABASE, CREATE DATABASE …${settings}, and restore again`;
}
