import type { DatabaseOf } from '../../../config/config.ts';
import { type SauvegardeError, SourceLockedError, ToolFailedError } from '../../../errors.ts';
import type { Launch } from '../../../programs/launch.ts';
import type { Work } from '../../engine.ts';
import type { Connection } from '../connect/connection.ts';
import { refuseUnknown } from '../connect/server-version.ts';
import { Session, untilAdmitted } from '../connect/session.ts';
import { hasFailedItself, isAtItsLimit, isOvertaken, stoppedBy } from '../failures.ts';
import { argumentsFor, isWhole, optionsWith } from '../selection.ts';
import { identifier } from '../sql-text.ts';
import type { Begun } from './begun.ts';
import { Beside, type Place } from './beside.ts';
import { readablePart, unquoted, withRowsHere } from './completeness.ts';
import { argumentsSparing, type Spared, sparedFrom } from './damaged-catalogue.ts';
import { generatedValues } from './generated-values.ts';
import { putBack, readAhead } from './head.ts';
import { identityOf } from './identity.ts';
import {
  commonTo,
  countRows,
  type Inventory,
  inventoryOf,
  type LockedTable,
  rewrittenSince,
  rowsLeftOut,
  type Snapshot,
  snapshotOf,
  tablesLocked,
} from './inventory.ts';
import { isOutOfLocks, outOfLocks } from './room-for-locks.ts';
import { commonDefinitions, type Definitions, definitionsOf } from './server-definitions.ts';
import { pgDump } from './tool.ts';
import { argumentsWithout, nothing } from './unreadable.ts';
import { skeleton } from './written-whole.ts';

/** Longest waits of a dump, in milliseconds. */
export interface Waits {
  /** Total wait for locks that other sessions hold. */
  locks?: number;
  /** Wait for an answer of the server; by default ten minutes for a query and an hour for a byte. */
  patience?: number | undefined;
}

const usualLocks = 240_000;

/**
 * Longest single wait for a lock, in milliseconds. While pg_dump waits for a table it holds the locks that it already
 * has. A session that wants to change one of those tables waits too, and its readers behind it. Short waits, repeated,
 * let them through.
 */
const longestTurn = 5000;

/**
 * Number of times that a dump is begun anew, without a pause, because a table was rewritten or dropped between snapshot
 * and lock.
 */
const mostTurns = 5;

interface Source {
  database: DatabaseOf<'postgres'>;
  connection: Connection;
  psql: Launch;
  work: Work;
  waits: Waits;
}

/**
 * Begins the dump of a snapshot, and takes the inventory of the same snapshot. A session exports the snapshot and
 * pg_dump dumps it. Only pg_dump takes locks, so nobody waits for a backup longer than for pg_dump alone.
 * An older snapshot does not undo TRUNCATE and some forms of ALTER TABLE. If a table is rewritten or dropped before
 * pg_dump has locked it, the dump begins anew at once.
 */
export async function begin(source: Source): Promise<Begun> {
  const { connection, psql, waits, work } = source;
  await using opening = new AsyncDisposableStack();
  const session = opening.use(await Session.openToRead({ psql, connection, signal: work.signal, patience: waits.patience }));
  refuseUnknown((await session.ask('SHOW server_version'))[0] ?? '');
  await session.refuseLostSettings();
  const identity = await identityOf(session);
  let begunAt = performance.now();
  let locked: LockedTable[] = [];
  let spared: Spared | undefined;
  for (let turn = 1; ; turn++) {
    const snapshot = await openSnapshot(session, source);
    try {
      const begun = await inSnapshot(source, session, snapshot, { locked, spared });
      if (begun.rewritten.length === 0 || turn >= mostTurns) return held({ ...begun, identity }, opening.move());
      await begun.end();
    } catch (error) {
      if (isAtItsLimit(error)) return { ...(await oneAtATime(source, session, snapshot)), identity };
      if (isOutOfLocks(error)) throw await outOfLocks(() => Session.open({ psql, connection, offer: session.offer, signal: work.signal }), error);
      const isLocked = error instanceof SourceLockedError;
      if (!isLocked && !(isOvertaken(error) && turn < mostTurns)) {
        if (!hasFailedItself(error) || spared || !isWhole(source.database)) throw error;
        spared = await withoutDamage(source, session, snapshot, error);
        if (!spared) throw error;
      }
      if (isLocked && performance.now() - begunAt >= (waits.locks ?? usualLocks)) {
        const found = locked.length === 0 && isWhole(source.database) ? await tablesLocked(session) : [];
        if (found.length === 0) throw await lockedFor(waits.locks ?? usualLocks, session, error);
        [locked, begunAt] = [found, performance.now()];
      }
    }
    await session.ask('ROLLBACK');
  }
}

async function openSnapshot(session: Session, { database }: Source): Promise<Snapshot> {
  await session.ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const snapshot = await snapshotOf(session);
  // of a choice, the person who chose must be told
  return isWhole(database) ? snapshot : { ...snapshot, unreadable: nothing };
}

/** Takes the inventory while pg_dump starts, so that pg_dump has its locks as soon as possible. */
async function inSnapshot(
  source: Source,
  session: Session,
  snapshot: Snapshot,
  { locked, spared }: { locked: LockedTable[]; spared: Spared | undefined },
): Promise<Begun> {
  const turn = Math.min(longestTurn, source.waits.locks ?? usualLocks);
  const without = locked.map(({ name }) => `--exclude-table=${patternOf(name)}`);
  const { scattered, unreadable } = snapshot;
  const args = [
    `--snapshot=${snapshot.id}`,
    `--lock-wait-timeout=${turn}ms`,
    ...without,
    ...argumentsWithout(unreadable),
    ...(spared ? argumentsSparing(spared) : []),
  ];
  const { blocks, warnings, complaint } = spared?.isWhole ? withoutTool(snapshot) : dumping(source, session, snapshot, args);
  const first = readAhead(blocks, () => stoppedBy(complaint()) !== undefined);
  first.catch(() => undefined); // thrown below
  try {
    const inventory = readablePart(await inventoryOf(session), unreadable);
    const head = await first;
    const rewritten = await rewrittenSince(session);
    const leftOut = await rowsLeftOut(session, inventory.members);
    const isComparable = !spared && rewritten.length + locked.length === 0 && hasAll(source);
    const beside = isComparable ? await askedBeside(source, session, snapshot, inventory) : undefined;
    let last = { blocks, complaint };
    const again: Begun['again'] = ({ tables, key, withoutLargeObjects }) => {
      const excluded = [...tables.map((table) => `--exclude-table-data=${patternOf(table)}`), ...(withoutLargeObjects ? ['--no-large-objects'] : [])];
      last = dumping(source, session, snapshot, [...args, ...excluded, ...(key === undefined ? [] : [`--restrict-key=${key}`])]);
      return last.blocks;
    };
    const end = async () => {
      await blocks.return();
      await last.blocks.return();
      await beside?.end();
    };
    return {
      ...putBack(head, blocks),
      end,
      inventory: async () => inventory,
      rewritten,
      leftOut,
      definitions: beside?.definitions,
      counts: beside?.counts,
      generated: beside?.generated,
      warnings,
      locked,
      scattered,
      unreadable,
      spared,
      ...(!spared?.isWhole && { again }),
      beside: new Beside(besideOf(source, session), snapshot),
      stopped: () => stoppedBy(last.complaint()),
    };
  } catch (error) {
    await blocks.return();
    throw error;
  }
}

/** Finds out what pg_dump cannot begin with. Undefined if it does not help to leave something out. */
async function withoutDamage(source: Source, session: Session, snapshot: Snapshot, error: ToolFailedError): Promise<Spared | undefined> {
  const begins = async (args: string[]) => {
    const { blocks } = dumping(source, session, snapshot, [`--snapshot=${snapshot.id}`, '--schema-only', `--lock-wait-timeout=${longestTurn}ms`, ...args]);
    try {
      for await (const _ of blocks);
      return true;
    } catch (failure) {
      if (failure instanceof ToolFailedError) return false;
      throw failure;
    }
  };
  const beside = new Beside(besideOf(source, session), snapshot);
  const spared = await sparedFrom(session, { begins, beside, major: Number.parseInt(snapshot.version, 10) }, error.message).catch(() => undefined);
  source.work.signal.throwIfAborted();
  return spared;
}

/**
 * Dumps a role, database or server that has no room for a second connection. Our session makes room for pg_dump, which
 * dumps a snapshot of its own. The dump must then contain what was there both before and after it.
 */
async function oneAtATime(source: Source, session: Session, snapshot: Snapshot): Promise<Begun> {
  const { scattered, unreadable } = snapshot;
  const before = readablePart(await inventoryOf(session), unreadable);
  const leftOut = await rowsLeftOut(session, before.members);
  const defined = hasAll(source) ? { before: await definitionsOf(session), ...Promise.withResolvers<Definitions | Error>() } : undefined;
  await session[Symbol.asyncDispose]();
  const { psql, waits, work } = source;
  const beside = new Beside(besideOf(source, session), { encoding: snapshot.encoding });
  return untilAdmitted(async () => {
    const { blocks, warnings } = dumping(source, session, snapshot, [`--lock-wait-timeout=${waits.locks ?? usualLocks}ms`, ...argumentsWithout(unreadable)]);
    const head = await readAhead(blocks, () => false);
    const inventory = async () => {
      await using later = await Session.open({ psql, connection: source.connection, offer: session.offer, signal: work.signal, patience: waits.patience });
      await later.ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const after = await inventoryOf(later);
      defined?.resolve(commonDefinitions(defined.before, await definitionsOf(later)));
      return commonTo(before, after);
    };
    const about = { inventory, definitions: defined?.promise, rewritten: [], leftOut, warnings, locked: [], scattered, unreadable };
    return { ...putBack(head, blocks), ...about, beside, stopped: () => undefined };
  });
}

function besideOf({ psql, waits, work }: Source, { connection, offer }: Session): Place {
  return { psql, connection, offer, work, patience: waits.patience };
}

function dumping({ database, waits, work }: Source, { connection }: Session, { encoding, scattered }: Snapshot, args: string[]) {
  let [said, complained] = ['', ''];
  const warned = (warnings: string) => {
    said = warnings;
  };
  const failed = (_: unknown, complaint: string) => {
    complained = complaint;
  };
  const selection = { ...database, options: optionsWith(database, { scattered }) };
  const blocks = pgDump(work, { ...connection, PGCLIENTENCODING: encoding }, [...args, ...argumentsFor(selection)], {
    warned,
    failed,
    patience: waits.patience,
  });
  return { blocks, warnings: () => said.split('\n').filter((line) => line !== ''), complaint: () => complained };
}

/** Stands for a pg_dump that does not begin: everything else is put into its skeleton. */
function withoutTool(snapshot: Snapshot): ReturnType<typeof dumping> {
  async function* blocks() {
    yield Buffer.from(skeleton(snapshot));
  }
  return { blocks: blocks(), warnings: () => [], complaint: () => '' };
}

/** Holds the session as long as the dump: its transaction keeps the snapshot. */
function held(begun: Begun, session: AsyncDisposableStack): Begun {
  const end = async () => {
    await begun.end();
    await session.disposeAsync();
  };
  return { ...begun, end };
}

/**
 * Asks for definitions and counts in a second session of the snapshot: an error in it leaves the first. `end` waits for
 * neither.
 */
async function askedBeside({ connection, psql, work, waits }: Source, { offer }: Session, snapshot: Snapshot, inventory: Inventory) {
  const ending = new AbortController();
  const signal = AbortSignal.any([work.signal, ending.signal]);
  try {
    const session = await Session.open({ psql, connection, offer, signal, patience: waits.patience });
    await session.ask(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '${snapshot.id}'`);
    const definitions = definitionsOf(session);
    const counts = definitions.then(() => countRows(session, withRowsHere(inventory)));
    // the dump is not worse without them
    const generated = counts.then(() => generatedValues(session)).catch(() => undefined);
    const end = async () => {
      ending.abort();
      await session[Symbol.asyncDispose]();
    };
    return { definitions, counts, generated, end };
  } catch (error) {
    work.signal.throwIfAborted();
    return { definitions: Promise.resolve(error as Error), end: async () => undefined }; // the dump is not worse for it
  }
}

/** Returns true if everything of the database is in its dump. */
function hasAll({ database }: Source): boolean {
  return isWhole(database) && database.options.length === 0;
}

/** Writes the pattern of pg_dump that means one table alone. */
function patternOf(table: string): string {
  return (JSON.parse(unquoted(table)) as string[]).map(identifier).join('.');
}

async function lockedFor(milliseconds: number, session: Session, cause: SauvegardeError): Promise<SourceLockedError> {
  const names = (await tablesLocked(session)).map(({ name }) => name);
  const which = names.length > 0 ? names.join(', ') : 'a table';
  return new SourceLockedError(`${which} stayed locked by another session for ${milliseconds / 1000} s`, { cause });
}
