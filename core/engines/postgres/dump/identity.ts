import type { SourceIdentity } from '../../../documents/source-identity.ts';
import type { Session } from '../connect/session.ts';

const mayAsk = `SELECT to_json(has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'))`;
const asked = `SELECT json_build_object('system', system_identifier::text, 'database', current_database()) FROM pg_catalog.pg_control_system()`;

/** The last checkpoint: unlike the end of the log, every server tells it, a standby too. */
const mayAskPosition = `SELECT to_json(has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE'))`;
const positionAsked = `SELECT json_build_object('timeline', timeline_id, 'bytes', pg_catalog.pg_wal_lsn_diff(checkpoint_lsn, '0/0')::text)
  FROM pg_catalog.pg_control_checkpoint()`;
type Position = NonNullable<SourceIdentity['position']>;

/**
 * Returns the identity of a database: its server's system identifier, which initdb chooses, and its name. Both survive
 * a database that is dropped and restored; an object number would not. Its position tells a snapshot of the server that
 * is older than the last backup. Undefined if this user may not ask for it.
 */
export async function identityOf(session: Session): Promise<SourceIdentity | undefined> {
  if (!(await session.json<boolean>(mayAsk))) return undefined;
  const { system, database } = await session.json<{ system: string; database: string }>(asked);
  const position = (await session.json<boolean>(mayAskPosition)) ? await session.json<Position>(positionAsked) : undefined;
  return { mark: `system identifier ${system}, database ${database}`, ...(position && { position }) };
}
