import { SauvegardeError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { Access } from '../connect/access.ts';
import { runQueries } from '../connect/run-queries.ts';
import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import type { Account, AccountGrant, Globals } from '../globals-schema.ts';
import { grantee } from '../sql-text.ts';
import { grantIn } from './grants.ts';
import { type Lacking, takesNamesLiterally } from './rights.ts';

/** Accounts that servers and hosting services make themselves, and the administrator that every server has. */
const system = [
  ...['root', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'debian-sys-maint'],
  ...['rdsadmin', 'rdsrepladmin', 'rdstopmgr', 'rdsproxyadmin', 'rds_superuser_role', 'rds_reserved'],
  ...['cloudsqlsuperuser', 'cloudsqlimport', 'cloudsqlexport', 'cloudsqlreplica', 'cloudsqloneshot', 'cloudsqlapplier', 'cloudiamgroup'],
  ...['azure_superuser'],
];
const own = (column: string) => `${column} NOT IN (${system.map((name) => `'${name}'`).join(', ')})`;

/** Everybody, to whom MariaDB can give rights. It is no account. */
export const everybody = 'PUBLIC@';

const accountsSql: Record<Family, string> = {
  mysql: `SELECT JSON_OBJECT('name', CONCAT(User, '@', Host), 'locked', account_locked = 'Y', 'plugins', JSON_ARRAY(plugin), 'passwordDays', password_lifetime,
    'tls', JSON_OBJECT('type', ssl_type, 'cipher', CONVERT(ssl_cipher USING utf8mb4), 'issuer', CONVERT(x509_issuer USING utf8mb4), 'subject', CONVERT(x509_subject USING utf8mb4)),
    'limits', JSON_OBJECT('MAX_QUERIES_PER_HOUR', max_questions, 'MAX_UPDATES_PER_HOUR', max_updates, 'MAX_CONNECTIONS_PER_HOUR', max_connections, 'MAX_USER_CONNECTIONS', max_user_connections) /*!80021 , 'attribute', CAST(JSON_EXTRACT(User_attributes, '$.metadata') AS CHAR) */) FROM mysql.user WHERE ${own('User')} ORDER BY User, Host`,
  mariadb: `SELECT JSON_OBJECT('name', CONCAT(User, '@', Host), 'locked', COALESCE(JSON_VALUE(Priv, '$.account_locked'), '0') IN ('1', 'true'),
    'plugins', COALESCE(JSON_EXTRACT(Priv, '$.plugin', '$.auth_or[*].plugin'), JSON_ARRAY()), 'passwordDays', NULLIF(CAST(JSON_VALUE(Priv, '$.password_lifetime') AS INT), -1),
    'tls', JSON_OBJECT('type', ELT(1 + COALESCE(JSON_VALUE(Priv, '$.ssl_type'), 0), '', 'ANY', 'X509', 'SPECIFIED'), 'cipher', COALESCE(JSON_VALUE(Priv, '$.ssl_cipher'), ''),
      'issuer', COALESCE(JSON_VALUE(Priv, '$.x509_issuer'), ''), 'subject', COALESCE(JSON_VALUE(Priv, '$.x509_subject'), '')),
    'limits', JSON_OBJECT(${[
      ['MAX_QUERIES_PER_HOUR', 'max_questions'],
      ['MAX_UPDATES_PER_HOUR', 'max_updates'],
      ['MAX_CONNECTIONS_PER_HOUR', 'max_connections'],
      ['MAX_USER_CONNECTIONS', 'max_user_connections'],
      ['MAX_STATEMENT_TIME', 'max_statement_time'],
    ]
      .map(([name, key]) => `'${name}', 0 + COALESCE(JSON_VALUE(Priv, '$.${key}'), '0')`)
      .join(', ')})) FROM mysql.global_priv WHERE ${own('User')} ORDER BY User, Host`,
};

/** MySQL 5.7 has no roles and runs no comment of a newer version. */
const none = "SELECT '{}' FROM DUAL WHERE FALSE";
const membershipsSql: Record<Family, string> = {
  mysql: `${none} /*!80000 UNION ALL SELECT JSON_OBJECT('role', CONCAT(FROM_USER, '@', FROM_HOST), 'member', CONCAT(TO_USER, '@', TO_HOST), 'admin', WITH_ADMIN_OPTION = 'Y') FROM mysql.role_edges */`,
  mariadb: `SELECT JSON_OBJECT('role', CONCAT(Role, '@'), 'member', CONCAT(User, '@', Host), 'admin', Admin_option = 'Y') FROM mysql.roles_mapping`,
};
const defaultsSql: Record<Family, string> = {
  mysql: `${none} /*!80000 UNION ALL SELECT JSON_OBJECT('role', CONCAT(DEFAULT_ROLE_USER, '@', DEFAULT_ROLE_HOST), 'member', CONCAT(USER, '@', HOST)) FROM mysql.default_roles */`,
  mariadb: `SELECT JSON_OBJECT('role', CONCAT(JSON_VALUE(Priv, '$.default_role'), '@'), 'member', CONCAT(User, '@', Host)) FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.default_role') <> ''`,
};

/** Rights on single objects; those on tables' columns have a row for each column. */
const objectsSql = [
  ['mysql.tables_priv', `'TABLE'`, 'Table_name', 'NULL', 'Table_priv'],
  ['mysql.columns_priv', `'TABLE'`, 'Table_name', 'Column_name', 'Column_priv'],
  ['mysql.procs_priv', 'CONCAT(Routine_type)', 'Routine_name', 'NULL', 'Proc_priv'],
]
  .map(
    ([table, kind, name, column, rights]) =>
      `SELECT JSON_OBJECT('account', CONCAT(User, '@', Host), 'database', Db, 'kind', ${kind}, 'name', ${name}, 'column', ${column}, 'rights', CONCAT(${rights})) FROM ${table} WHERE ${rights} <> ''`,
  )
  .join(' UNION ALL ');

const proxiesSql = `SELECT JSON_OBJECT('account', CONCAT(User, '@', Host), 'proxied', CONCAT(Proxied_user, '@', Proxied_host), 'option', With_grant = 1) FROM mysql.proxies_priv`;

/** Accounts of a server, without the rights that only SHOW GRANTS tells; or why they cannot be read. */
export type Accounts = Globals & { all: string[] };
export type AccountsRead = { accounts: Accounts } | { unread: string };

/**
 * Reads the accounts of the session's server. Ask nothing more of a session after this: a server that refuses ends it,
 * which costs the accounts alone.
 */
export async function accountsOf(
  session: Session,
  family: Family,
  { account, seesAccounts }: Pick<Lacking, 'account' | 'seesAccounts'>,
): Promise<AccountsRead> {
  if (!seesAccounts)
    return {
      unread: `GRANT SELECT ON mysql.* TO ${account} would let them be read, and lets the user read hashes of passwords too, of which none is kept`,
    };
  try {
    return { accounts: await read(session, family) };
  } catch (error) {
    if (error instanceof SauvegardeError) return { unread: error.message };
    throw error;
  }
}

/** Returns the roles that the server gives to everybody, as its setting names them. */
export async function mandatoryRolesOf(session: Session): Promise<string> {
  return (await session.ask("SHOW GLOBAL VARIABLES LIKE 'mandatory_roles'")).join('').split('\t')[1] ?? '';
}

interface Row {
  account: string;
  database: string;
  kind: string;
  name: string;
  column: string | null;
  rights: string;
}

async function read(session: Session, family: Family): Promise<Accounts> {
  const rows = await session.rows<Omit<Account, 'locked' | 'attribute'> & { locked: number; attribute?: string | null }>(accountsSql[family]);
  const all = rows.map(({ name }) => name);
  const accounts = rows.flatMap(({ locked, limits, attribute = null, ...account }) =>
    account.name === everybody
      ? []
      : [{ ...account, locked: Boolean(locked), limits: Object.fromEntries(Object.entries(limits).filter(([, value]) => value > 0)), attribute }],
  );
  const empty: Accounts = { accounts, all, memberships: [], defaults: [], grants: [], proxies: [], literalNames: false, mandatoryRoles: '' };
  if (all.length === 0) return empty;
  const known = new Set(all);
  const memberships = await session.rows<{ role: string; member: string; admin: number }>(membershipsSql[family]);
  const defaults = await session.rows<{ role: string; member: string }>(defaultsSql[family]);
  const objects = await session.rows<Row>(objectsSql);
  const proxies = await session.rows<{ account: string; proxied: string; option: number }>(proxiesSql);
  return {
    ...empty,
    memberships: memberships.filter(({ member }) => known.has(member)).map(({ admin, ...each }) => ({ ...each, admin: Boolean(admin) })),
    defaults: defaults.filter(({ member }) => known.has(member)),
    grants: objects.filter(({ account }) => known.has(account)).map(grantOn),
    proxies: proxies.filter(({ account }) => known.has(account)).map(({ option, ...each }) => ({ ...each, option: Boolean(option) })),
    literalNames: await takesNamesLiterally(session),
    mandatoryRoles: await mandatoryRolesOf(session),
  };
}

function grantOn({ account, database, kind, name, column, rights }: Row): AccountGrant {
  const all = rights.split(',').map((right) => (right === 'Delete versioning rows' ? 'DELETE HISTORY' : right.toUpperCase()));
  const given = all.filter((right) => right !== 'GRANT');
  return {
    account,
    revoked: false,
    rights: given.length > 0 ? given : ['USAGE'],
    database,
    object: { kind, name, column },
    option: all.includes('GRANT'),
  };
}

/**
 * Adds the rights on everything and on databases, which SHOW GRANTS tells. Lines about other accounts, such as those of
 * a role's own roles in MariaDB, are left out. An account that is gone meanwhile is, too.
 */
export async function withGrants(
  { all, ...globals }: Accounts,
  place: { family: Family; access: Access; database: string; patience?: number | undefined },
  work: Pick<Work, 'tools' | 'signal'>,
): Promise<Globals> {
  const { family } = place;
  const found: AccountGrant[] = [];
  const statements = all.map((name) => `SHOW GRANTS FOR ${grantee(name, family)}`);
  const refused = await runQueries(statements, work, place, (lines, index) => {
    const account = all[index] as string;
    for (const [line = ''] of lines) {
      const grant = grantIn(line);
      if (grant?.table !== '*' || grant.to !== account) continue;
      const { takes, rights, database, option } = grant;
      if (option || rights.join() !== 'USAGE')
        found.push({ account, revoked: takes, rights, database: database === '*' ? null : database, object: null, option });
    }
  });
  const gone = new Set([...refused.keys()].map((index) => all[index]));
  return { ...globals, accounts: globals.accounts.filter(({ name }) => !gone.has(name)), grants: [...found, ...globals.grants] };
}

const unreadBegins = 'the users and roles of the server are not in the backup: ';

/** Writes the note about accounts that cannot be read. */
export function unreadNote(why: string): string {
  return `${unreadBegins}${why}`;
}

/** Recognises that note among the warnings of a scan. */
export function isOfAccounts(warning: string): boolean {
  return warning.startsWith(unreadBegins);
}
