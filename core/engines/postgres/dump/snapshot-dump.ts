import type { DatabaseOf } from '../../../config/config.ts';
import { type SauvegardeError, SourceLockedError } from '../../../errors.ts';
import type { Launch } from '../../../programs/launch.ts';
import type { Work } from '../../engine.ts';
import type { Connection } from '../connect/connection.ts';
import { refuseNewer } from '../connect/newer.ts';
import { Session, untilAdmitted } from '../connect/session.ts';
import { firstStatements } from '../connect/session-settings.ts';
import { isAtItsLimit, isOvertaken } from '../failures.ts';
import { argumentsFor, isWhole } from '../selection.ts';
import { commonTo, type Inventory, inventoryOf, rewrittenSince, rowsLeftOut, type Snapshot, snapshotOf, tablesLocked } from './inventory.ts';
import { type Definitions, definitionsOf } from './server-definitions.ts';
import { pgDump } from './tool.ts';

/** Longest waits of a dump, in milliseconds. */
export interface Waits {
  /** Total wait for locks that other sessions hold. */
  locks?: number;
  /** Wait for an answer of the server; by default ten minutes for a query and an hour for a byte. */
  patience?: number | undefined;
}

const usualLocks = 60_000;

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

/** A pg_dump that holds all its locks: its first bytes have come. */
export interface Begun {
  blocks: AsyncIterable<Uint8Array>;
  /** Ends pg_dump, whether or not its blocks were read. */
  end(): Promise<void>;
  /** Returns what must be in the dump. Known at its end. */
  inventory(): Promise<Inventory>;
  /**
   * Tables that were rewritten between snapshot and lock at every attempt: some of their rows may not be in the dump.
   */
  rewritten: string[];
  /** Rows that pg_dump does not write. */
  leftOut: string[];
  /** Digests of the server's own definitions, in the same snapshot; undefined if they could not be taken. */
  definitions?: Definitions | undefined;
  /** Warnings of a pg_dump that succeeded. */
  warnings(): string[];
}

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
  await using session = await Session.open({ psql, connection, signal: work.signal, patience: waits.patience });
  await session.refuseLostSettings();
  const begunAt = performance.now();
  for (let turn = 1; ; turn++) {
    const snapshot = await openSnapshot(session);
    try {
      const begun = await inSnapshot(source, session, snapshot);
      if (begun.rewritten.length === 0 || turn >= mostTurns) return begun;
      await begun.end();
    } catch (error) {
      if (isAtItsLimit(error)) return await oneAtATime(source, session, snapshot);
      const isLocked = error instanceof SourceLockedError;
      if (!isLocked && !(isOvertaken(error) && turn < mostTurns)) throw error;
      if (isLocked && performance.now() - begunAt >= (waits.locks ?? usualLocks)) throw await lockedFor(waits.locks ?? usualLocks, session, error);
    }
    await session.ask('ROLLBACK');
  }
}

async function openSnapshot(session: Session): Promise<Snapshot> {
  // repeated inside the transaction: a pooler can give each transaction another connection
  await session.ask(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${firstStatements}`);
  const snapshot = await snapshotOf(session);
  // pg_dump refuses such a server too; this error says what to do
  refuseNewer(snapshot.version);
  return snapshot;
}

/** Takes the inventory while pg_dump starts, so that pg_dump has its locks as soon as possible. */
async function inSnapshot(source: Source, session: Session, snapshot: Snapshot): Promise<Begun> {
  const turn = Math.min(longestTurn, source.waits.locks ?? usualLocks);
  const { blocks, warnings } = dumping(source, session, snapshot, [`--snapshot=${snapshot.id}`, `--lock-wait-timeout=${turn}ms`]);
  const first = blocks.next();
  first.catch(() => undefined); // thrown below
  try {
    const inventory = await inventoryOf(session);
    const head = await first;
    const rewritten = await rewrittenSince(session);
    const leftOut = await rowsLeftOut(session, inventory.members);
    const isComparable = rewritten.length === 0 && isWhole(source.database) && source.database.options.length === 0;
    const definitions = isComparable ? await definitionsOf(session) : undefined; // last: it may end the session
    return { ...from(head, blocks), inventory: async () => inventory, rewritten, leftOut, definitions, warnings };
  } catch (error) {
    await blocks.return();
    throw error;
  }
}

/**
 * Dumps a role, database or server that has no room for a second connection. Our session makes room for pg_dump, which
 * dumps a snapshot of its own. The dump must then contain what was there both before and after it.
 */
async function oneAtATime(source: Source, session: Session, snapshot: Snapshot): Promise<Begun> {
  const before = await inventoryOf(session);
  const leftOut = await rowsLeftOut(session, before.members);
  await session[Symbol.asyncDispose]();
  const { psql, waits, work } = source;
  return untilAdmitted(async () => {
    const { blocks, warnings } = dumping(source, session, snapshot, [`--lock-wait-timeout=${waits.locks ?? usualLocks}ms`]);
    const head = await blocks.next();
    const inventory = async () => {
      await using later = await Session.open({ psql, connection: source.connection, signal: work.signal, patience: waits.patience });
      return commonTo(before, await inventoryOf(later));
    };
    return { ...from(head, blocks), inventory, rewritten: [], leftOut, warnings };
  });
}

function dumping({ database, waits, work }: Source, { connection }: Session, { encoding }: Snapshot, args: string[]) {
  let said = '';
  const warned = (warnings: string) => {
    said = warnings;
  };
  const blocks = pgDump(work, { ...connection, PGCLIENTENCODING: encoding }, [...args, ...argumentsFor(database)], { warned, patience: waits.patience });
  return { blocks, warnings: () => said.split('\n').filter((line) => line !== '') };
}

/** Puts the first block, already read, back in front of the others. */
function from(head: IteratorResult<Uint8Array, void>, blocks: AsyncGenerator<Uint8Array, void, void>): Pick<Begun, 'blocks' | 'end'> {
  async function* all() {
    if (!head.done) yield head.value;
    yield* blocks;
  }
  return { blocks: all(), end: async () => void (await blocks.return()) };
}

async function lockedFor(milliseconds: number, session: Session, cause: SauvegardeError): Promise<SourceLockedError> {
  const names = await tablesLocked(session);
  const which = names.length > 0 ? names.join(', ') : 'a table';
  return new SourceLockedError(`${which} stayed locked by another session for ${milliseconds / 1000} s`, { cause });
}
