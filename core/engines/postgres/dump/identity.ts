import type { SourceIdentity } from '../../../documents/source-identity.ts';
import type { Session } from '../connect/session.ts';

const mayAsk = `SELECT to_json(has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'))`;
const asked = `SELECT json_build_object('system', system_identifier::text, 'database', current_database()) FROM pg_catalog.pg_control_system()`;

/**
 * Returns the identity of a database: its server's system identifier, which initdb chooses, and its name. Both survive
 * a database that is dropped and restored; an object number would not. Undefined if this user may not ask for it.
 */
export async function identityOf(session: Session): Promise<SourceIdentity | undefined> {
  if (!(await session.json<boolean>(mayAsk))) return undefined;
  const { system, database } = await session.json<{ system: string; database: string }>(asked);
  return { mark: `system identifier ${system}, database ${database}` };
}
