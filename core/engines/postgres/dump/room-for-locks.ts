import { SourceUnreadableError } from '../../../errors.ts';
import { counted } from '../../../figures.ts';
import type { Session } from '../connect/session.ts';

/** A server's table of locks: pg_dump locks each table, and keeps the locks to its end. */
interface Locks {
  /** Tables of this database that a dump locks. */
  tables: number;
  /** Setting `max_locks_per_transaction`. */
  each: number;
  /** Sessions and prepared transactions by which the setting is multiplied (PostgreSQL manual, "Lock Management"). */
  slots: number;
}

const locks = `SELECT json_build_object('tables', (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND oid >= 16384),
  'each', current_setting('max_locks_per_transaction')::int, 'slots', current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)`;

/**
 * Returns true if a server had no room for another lock. Its hint names the setting in each language; our sessions get
 * none.
 */
export function isOutOfLocks(error: unknown): error is Error {
  return error instanceof Error && /max_locks_per_transaction|out of shared memory|mémoire partagée épuisée/.test(error.message);
}

/**
 * Makes the error of a server that has no room for the locks of a dump. Asks a new session, since the dump's own may be
 * the one that found none; even that may find none.
 */
export async function outOfLocks(open: () => Promise<Session>, cause: Error): Promise<SourceUnreadableError> {
  const advice = await open()
    .then(async (session) => {
      await using _ = session;
      return remedy(await session.json<Locks>(locks));
    })
    .catch(() => 'ALTER SYSTEM SET max_locks_per_transaction to a larger number, and restart the server');
  return new SourceUnreadableError(`the server had no room for another lock (out of shared memory): ${advice}`, { cause });
}

/** Tells that the server may have no room for the locks of a dump, if that is so. */
export async function remarksOnLocks(session: Session): Promise<string[]> {
  const found = await session.json<Locks>(locks);
  return found.tables > found.each * found.slots ? [`the server may have no room for the locks of a backup: ${remedy(found)}`] : [];
}

function remedy({ tables, each, slots }: Locks): string {
  // half as many again: others lock tables meanwhile
  const enough = Math.max(each * 2, Math.ceil((tables * 1.5) / slots));
  return `pg_dump locks each of the ${counted(tables, 'table')}, and max_locks_per_transaction = ${each} makes room for about ${each * slots} locks. ALTER SYSTEM SET max_locks_per_transaction = ${enough}, and restart the server`;
}
