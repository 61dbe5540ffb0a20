import type { SourceIdentity } from '../../../documents/source-identity.ts';
import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import { literal } from '../sql-text.ts';
import type { Inventory } from './inventory.ts';

const ofMysql = `SELECT JSON_OBJECT('server', @@server_uuid, 'database', DATABASE(),
  'bytes', COALESCE((SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Innodb_redo_log_current_lsn'), ''))`;

/**
 * MariaDB has no number of its data. A Galera cluster has one; otherwise `server_uid` (10.5.26, 10.6.19, 10.11.9 and
 * newer) is a digest of the machine's hardware address and the server's port, or `unknown`.
 */
const ofMariadb = `SELECT JSON_OBJECT('database', DATABASE(),
  'bytes', COALESCE((SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'INNODB_LSN_CURRENT'), ''),
  'cluster', COALESCE((SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'WSREP_CLUSTER_STATE_UUID'), ''),
  'server', COALESCE((SELECT GLOBAL_VALUE FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = 'SERVER_UID'), 'unknown'))`;

/** Number of tables, the first by name, whose instants of making are signs. */
const mostSigns = 16;

/**
 * Returns the identity of a database: its server's, and its name. A container has another hardware address each time it
 * is made, so that a database of MariaDB is also known by the instants at which its tables were made, which a dump that
 * is loaded elsewhere does not have. Undefined if the server tells nothing of itself.
 */
export async function identityOf(session: Session, family: Family, inventory: Pick<Inventory, 'tables'>): Promise<SourceIdentity | undefined> {
  if (family === 'mysql') {
    const { server, database, bytes } = await session.json<{ server: string; database: string; bytes: string }>(ofMysql);
    return { mark: `server_uuid ${server}, database ${database}`, ...positionAt(bytes) };
  }
  const { cluster, server, database, bytes } = await session.json<{ cluster: string; server: string; database: string; bytes: string }>(ofMariadb);
  if (cluster !== '') return { mark: `cluster ${cluster}, database ${database}` };
  if (server === 'unknown') return undefined;
  const also = await madeAt(session, inventory);
  return { mark: `server_uid ${server}, database ${database}`, ...(also.length > 0 && { also }), ...positionAt(bytes) };
}

/** Reads how far InnoDB's log has grown. Members of a cluster have logs of their own, so that theirs tells nothing. */
function positionAt(bytes: string): Pick<SourceIdentity, 'position'> {
  return /^\d+$/.test(bytes) ? { position: { timeline: 0, bytes } } : {};
}

/** Lists tables with the instants at which they were made. Names each, or the server would open all of them. */
async function madeAt(session: Session, { tables }: Pick<Inventory, 'tables'>): Promise<string[]> {
  const some = tables.filter(({ transactional }) => transactional).slice(0, mostSigns);
  if (some.length === 0) return [];
  const each = some.map(
    ({ name }) => `SELECT JSON_QUOTE(CONCAT('table ', TABLE_NAME, ' of ', CREATE_TIME)) FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(name)} AND CREATE_TIME IS NOT NULL`,
  );
  return session.rows<string>(each.join(' UNION ALL '));
}
