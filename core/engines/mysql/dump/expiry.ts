import { certificateEnd } from '../../server/certificate-end.ts';
import type { Connection } from '../connect/connection.ts';
import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';

/** A table of accounts, the columns that must be readable, and the second of the epoch at which our password ends. */
interface Accounts {
  table: readonly [schema: string, name: string];
  columns: readonly string[];
  end: string;
  /** Condition under which a row is that of our account, and its password ends at all. */
  where: string;
}

const ours = `CONCAT(User, '@', Host) = CURRENT_USER()`;
const mysqlLifetime = 'COALESCE(password_lifetime, @@GLOBAL.default_password_lifetime)';
const mariadbLifetime = `COALESCE(NULLIF(JSON_VALUE(Priv, '$.password_lifetime'), -1), @@GLOBAL.default_password_lifetime)`;
/** Our account as MariaDB quotes it. */
const quoted = `CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - LOCATE('@', REVERSE(CURRENT_USER()))), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')`;

/**
 * Places that tell the end of a password, the first one that our user may read. MySQL's manual, "Password Management":
 * a lifetime of 0 never ends, NULL is the server's default; an account whose password another service keeps has none.
 * MariaDB shows each account its own since 11.5 (information_schema.USERS).
 */
const places: Record<Family, readonly Accounts[]> = {
  mysql: [
    {
      table: ['mysql', 'user'],
      columns: ['Host', 'User', 'plugin', 'password_last_changed', 'password_lifetime'],
      end: `UNIX_TIMESTAMP(password_last_changed) + 86400 * ${mysqlLifetime}`,
      where: `${ours} AND ${mysqlLifetime} > 0 AND plugin IN ('caching_sha2_password', 'mysql_native_password', 'sha256_password')`,
    },
  ],
  mariadb: [
    {
      table: ['information_schema', 'USERS'],
      columns: ['USER', 'PASSWORD_EXPIRATION_TIME'],
      end: 'UNIX_TIMESTAMP(PASSWORD_EXPIRATION_TIME)',
      where: `USER = ${quoted}`,
    },
    {
      table: ['mysql', 'global_priv'],
      columns: ['Host', 'User', 'Priv'],
      end: `JSON_VALUE(Priv, '$.password_last_changed') + 86400 * ${mariadbLifetime}`,
      where: `${ours} AND ${mariadbLifetime} > 0 AND COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') NOT IN ('', 'invalid')`,
    },
  ],
};

/**
 * Returns the end of the certificate that the server shows, ISO 8601 in UTC; undefined if the connection does not
 * verify it. The variables are those of the session's own certificate.
 */
export async function certificateEndOf(session: Session, { tls }: Pick<Connection, 'tls'>): Promise<string | undefined> {
  if (!tls.startsWith('VERIFY_')) return undefined;
  const lines = await session.ask("SHOW SESSION STATUS LIKE 'Ssl_server_not_%'");
  const variables = new Map(lines.map((line) => line.split('\t') as [string, string]));
  return certificateEnd(variables.get('Ssl_server_not_before'), variables.get('Ssl_server_not_after'));
}

/**
 * Returns the instant at which the password of the session's user ends, ISO 8601 in UTC; undefined if it never does, or
 * if the user may not know.
 */
export async function passwordEndOf(session: Session, family: Family): Promise<string | undefined> {
  for (const { columns, end, table, where } of places[family]) {
    if ((await session.json<number>(readable(table, columns))) < columns.length) continue;
    const [seconds] = await session.rows<number | null>(`SELECT CAST(COALESCE(${end}, 0) AS UNSIGNED) FROM ${table.join('.')} WHERE ${where}`);
    return seconds ? new Date(seconds * 1000).toISOString() : undefined;
  }
  return undefined;
}

/** Counts columns that we may select; the server lists none that we may do nothing with. */
function readable([schema, name]: Accounts['table'], columns: readonly string[]): string {
  const names = columns.map((column) => `'${column}'`).join(', ');
  return `SELECT COUNT(*) FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = '${schema}' AND TABLE_NAME = '${name}' AND COLUMN_NAME IN (${names}) AND PRIVILEGES LIKE '%select%'`;
}
