import type { Flaw } from '../../../documents/flaw.ts';
import { rowsOf, type Scan } from '../../../documents/scan.ts';
import { RefusedError, RestoreFailedError } from '../../../errors.ts';
import type { Restored, RestoreTarget, Work } from '../../engine.ts';
import { uncompared } from '../../server/uncompared.ts';
import { withProgress } from '../../server/with-progress.ts';
import { addressForPeople, type Connection } from '../connect/connection.ts';
import { openConnection } from '../connect/open-connection.ts';
import { Session, whateverTheNames } from '../connect/session.ts';
import { type Offer, restoresPart, withOffer } from '../connect/session-settings.ts';
import { searchPathOf } from '../dump/database-settings.ts';
import { inEnglishToo } from '../french.ts';
import type { Globals } from '../globals-schema.ts';
import { SchemaText } from '../script/definitions.ts';
import { comparedWith } from './compare.ts';
import { freeSpaceOf } from './free-space.ts';
import { Guard } from './guard.ts';
import { lacking, notesOnRoles, statementsMaking } from './make-roles.ts';
import { afterMaking } from './prerequisites.ts';
import { RestoreScript } from './restore-script.ts';
import { linesOf, runScript } from './run-script.ts';
import { filterFor } from './statement-filter.ts';
import { contentsOf, isEmpty, type Target, targetOf } from './target.ts';
import { checkTarget, notesOn } from './target-check.ts';
import { UnknownOptions } from './unknown-options.ts';

/**
 * Restores into an existing database, in one transaction that stops at the first error. Then dumps it again and
 * compares its rows with the scan. Leaves out grants whenever owners are left out: they mean nothing without owners.
 */
export async function restore(
  open: () => AsyncIterable<Uint8Array>,
  scan: Scan,
  { into, force, withoutOwners = false, withoutPrivileges = false, withRoles = false, without: flaws = [], tolerant = flaws.length > 0 }: RestoreTarget,
  work: Work,
): Promise<Restored> {
  await using opened = await openConnection(into, work.scratch);
  const { connection } = opened;
  const without = { owners: withoutOwners, privileges: withoutOwners || withoutPrivileges };
  const psql = await work.tools.client('psql', work.signal);
  const { target: found, accepted, offer } = await whateverTheNames(connection, (each) => askedOf({ psql, connection: each, signal: work.signal }));
  const globals = withRoles ? globalsIn(scan) : undefined;
  const target = globals ? withMade(found, globals) : found;
  if (globals && !found.mayMakeRoles && lacking(globals, found).length > 0)
    throw new RefusedError(
      `${found.user} may not make roles in the target; give it that right (ALTER ROLE … CREATEROLE), or have the roles made and restore without --with-roles`,
    );
  checkTarget(target, scan, { force, without, free: await freeSpaceOf(target, connection) });
  if (!isEmpty(target)) work.warn(`the target is not empty: it has ${contentsOf(target)}. This is restored beside it`);
  const options = new UnknownOptions();
  const digestsOf = (some: readonly Flaw[]) => new Set(some.flatMap(({ statement }) => statement ?? []));
  const flawed = digestsOf(flaws.filter(({ comesBack }) => !comesBack));
  const guard = { by: new Guard(bytewise(searchPathOf(scan)), options), all: tolerant, withPath: digestsOf(flaws.filter(({ comesBack }) => comesBack)) };
  const making = globals ? statementsMaking(globals, found) : [];
  let [script, stored] = [new RestoreScript(() => 'pass'), new SchemaText()];
  const run = () => {
    stored = new SchemaText();
    script = new RestoreScript(filterFor(target, scan, without), { schema: stored, options, without: flawed, guard });
    const restoring = withChecks(script, guard.by, withProgress(open(), 'restore', scan.size, work));
    const statements = afterMaking(target, scan, { script: restoring, guard: guard.by, roles: making });
    return runScript(psql, withOffer(connection, restoresPart(offer)), statements, { whole: true, signal: work.signal });
  };
  let { status, complaint } = await run();
  while (status !== 0 && options.learn(complaint)) ({ status, complaint } = await run());
  if (status !== 0) throw new RestoreFailedError(`the restore was undone: ${explained(complaint, tolerant) || `psql ended with ${status}`}`);
  const { emptied, unset } = script;
  const ask = <T>(sql: string) =>
    whateverTheNames(connection, async (accepted) => {
      await using session = await Session.open({ psql, connection: accepted, offer, signal: work.signal });
      return await session.json<T>(sql);
    });
  const { found: restored, notes } = await comparedWith(
    scan,
    { target, connection: accepted, open, emptied, unset, stored, ask, withoutGrants: without.privileges },
    work,
  ).catch((error: unknown) => {
    throw uncompared(error, work.signal);
  });
  return {
    into: addressForPeople(into),
    tables: restored.tables.length,
    rows: rowsOf(restored),
    notes: [
      ...(globals ? notesOnRoles(globals, found) : []),
      ...notesOn(target, scan),
      ...notesOnFlaws(flaws, [...options.notes, ...notes, ...linesOf(complaint)]),
    ],
  };
}

/** Returns the roles that a backup holds. Throws RefusedError if it holds none. */
function globalsIn({ source }: Scan): Globals {
  if (source?.globals) return source.globals;
  throw new RefusedError(
    'the backup holds no roles of its server, because its user could not read them or an earlier version made it; restore it without --with-roles',
  );
}

/** Counts the roles that are made first as there. Their maker may give objects to them. */
function withMade(target: Target, globals: Globals): Target {
  const made = lacking(globals, target).map(({ name }) => name);
  return { ...target, roles: [...target.roles, ...made], assumable: [...target.assumable, ...made] };
}

/** Lists what was left out because of the backup's flaws, and whatever else the notes say. */
function notesOnFlaws(flaws: readonly Flaw[], notes: string[]): string[] {
  const objects = flaws.map(({ what }) => what.split(': ')[0] ?? what);
  const isKnown = (note: string) =>
    objects.some((object) => note === `${object} is missing in the target` || note.startsWith(`WARNING:  left out: ${object}:`));
  return [...flaws.filter(({ comesBack }) => !comesBack).map(({ what }) => `left out: ${what}`), ...notes.filter((note) => !isKnown(note))];
}

/** Returns the bytes of a text as Latin-1. */
function bytewise(text: string): string {
  return Buffer.from(text).toString('latin1');
}

async function askedOf(options: Parameters<typeof Session.open>[0]): Promise<{ target: Target; accepted: Connection; offer: Offer }> {
  const session = await Session.open(options);
  try {
    await session.refuseLostSettings(); // the comparison needs a dump
    return { target: await targetOf(session), accepted: session.connection, offer: session.offer };
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

/** Adds the CHECKs that were left out, once all rows are there. A warning names those that cannot be added. */
async function* withChecks(script: RestoreScript, guard: Guard, dump: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* script.from(dump);
  const checks = script.checks.map((check) => guard.statement(bytewise(check), 'CHECK'));
  if (checks.length > 0) yield Buffer.from(["SET client_encoding = 'UTF8';", ...checks, guard.retry(), ''].join('\n'), 'latin1');
}

/** Explains what stopped a restore, and what to do if a right was missing or something was in the way. */
function explained(complaint: string, tolerant: boolean): string {
  const lines = linesOf(complaint);
  const errors = lines.filter((line) => !line.startsWith('WARNING:'));
  const said = (errors.length > 0 ? errors : lines).slice(-3).join(' ');
  const understood = inEnglishToo(said);
  if (/must be superuser|permission denied to create (event trigger|extension|foreign-data wrapper)/i.test(understood))
    return `${said}. Only a superuser may do this: restore as one`;
  if (/permission denied|must be (owner|member|able)|must have/i.test(understood))
    return `${said}. Restore as a superuser, or leave out owners and grants with --no-owner`;
  if (/already exists/i.test(understood)) return `${said}. Name an empty database, or remove there what is to be restored`;
  if (said === '') return said;
  return tolerant
    ? `${said}. Verify the backup, and restore it again: its proof finds out how these rows load`
    : `${said}. With --without-flawed, statements that do not run are left out and told`;
}
