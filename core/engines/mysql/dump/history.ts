import { shortened } from '../../../documents/shortened.ts';
import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import type { Inventory } from './inventory.ts';

/** Rows that were changed or removed, of tables that keep them. */
export interface History {
  /** True if the dump holds them. */
  isDumped: boolean;
  /** Tells which tables come back without them, and why. */
  missing: string[];
}

/** Exists in MariaDB since 10.11: such a server can take history back. */
const takesHistory = `SELECT COUNT(*) FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = 'SYSTEM_VERSIONING_INSERT_HISTORY'`;
/** Tables that keep history by the numbers of transactions, which mean nothing to another server: the tool refuses. */
const byTransaction = `SELECT JSON_QUOTE(TABLE_NAME) FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint' ORDER BY TABLE_NAME`;

/**
 * Asks whether history can be dumped. The tool writes that of all tables or of none, as of one moment; where it would
 * refuse one table, it is to write none.
 */
export async function historyOf(session: Session, family: Family, { tables }: Inventory): Promise<History> {
  const versioned = tables.filter((table) => table.versioned).map(({ name }) => name);
  if (family !== 'mariadb' || versioned.length === 0) return { isDumped: false, missing: [] };
  const missing = (why: string) => ({ isDumped: false, missing: [`the history of these tables is not in the dump, because ${why}: ${versioned.join(', ')}`] });
  if ((await session.json<number>(takesHistory)) === 0) return missing('a server older than MariaDB 10.11 could not take it back');
  const refused = await session.rows<string>(byTransaction);
  if (refused.length === 0) return { isDumped: true, missing: [] };
  return missing(
    `MariaDB's tool writes none where a table keeps it by numbers of transactions, as ${shortened(refused).join(', ')} ${refused.length > 1 ? 'do' : 'does'} (columns of TIMESTAMP(6) instead of BIGINT mend that)`,
  );
}
