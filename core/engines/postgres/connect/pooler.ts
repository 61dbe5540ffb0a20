import { ConfigurationError } from '../../../errors.ts';
import type { ClientSession } from '../../server/client-session.ts';
import { arrival, hasArrived } from './session-settings.ts';

type Asking = Pick<ClientSession, 'ask'> & AsyncDisposable;

/** Identifies the server's process, by a name that nobody can plant. */
const serverProcess = 'SELECT pg_catalog.pg_backend_pid()';

/**
 * Throws ConfigurationError if the session, which has set nothing yet, goes through a pooler that gives each
 * transaction another connection (PgBouncer's `pool_mode = transaction`). There the settings of our sessions and of
 * pg_dump's, such as an empty search path, would stay with connections of the application, whose queries would find no
 * tables from then on. `another` begins a session beside this one.
 */
export async function refuseSharedConnections(session: Asking, another: () => Asking): Promise<void> {
  const [arrived] = await session.ask(`SELECT pg_catalog.current_setting('${arrival}', true)`);
  if (arrived === hasArrived) return;
  // RDS Proxy keeps a connection for a session that has set something, if only what means nothing
  const [first] = await session.ask(`SET ${arrival} TO 'lost'; ${serverProcess}`);
  // a connection that waits for its next transaction is the first that a pooler gives away, or the last
  await using other = another();
  const [others] = await other.ask(serverProcess);
  const own = [...(await session.ask(serverProcess)), ...(await session.ask(serverProcess))];
  if (others !== first && own.every((each) => each === first)) return;
  throw new ConfigurationError(
    'the address leads to a pooler such as PgBouncer that gives each transaction another connection: what a dump sets for its session, such as an empty search_path, would stay with a connection of the application, which would find its tables no more. Name the server itself in the address, or a pooler that gives whole sessions (pool_mode = session)',
  );
}
