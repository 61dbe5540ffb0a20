import type { Session } from '../connect/session.ts';
import { sharedText } from '../connect/text-of-all-databases.ts';
import { attributeSchema, type Globals } from '../globals-schema.ts';

/** Roles that hosting services make themselves; nobody else may. */
const hosts = [
  ...['rdsadmin', 'rdsrepladmin', 'rdstopmgr', 'rds_ad', 'rds_extension', 'rds_iam', 'rds_password', 'rds_replication', 'rds_reserved', 'rds_superuser'],
  ...['cloudsqladmin', 'cloudsqlagent', 'cloudsqlsuperuser', 'cloudsqlreplica', 'cloudsqlimportexport', 'cloudsqliamuser', 'cloudsqliamserviceaccount'],
  ...['azuresu', 'azure_pg_admin'],
];

const own = (name: string) => `${name} !~ '^pg_' AND ${name} NOT IN (${hosts.map((host) => `'${host}'`).join(', ')})`;

const attributes = attributeSchema.options.map((attribute) => `CASE WHEN ${columnOf(attribute)} THEN '${attribute}' END`).join(', ');

/** Reads pg_roles, which has no passwords and which everybody may read. */
export const globalsSql = `json_build_object(
  'roles', (SELECT coalesce(json_agg(json_build_object('name', ${sharedText('rolname')}, 'attributes', array_remove(ARRAY[${attributes}], NULL), 'connections', rolconnlimit,
      'validUntil', rolvaliduntil::text, 'comment', ${sharedText("shobj_description(oid, 'pg_authid')")}) ORDER BY rolname), '[]') FROM pg_roles WHERE ${own('rolname')}),
  'memberships', (SELECT coalesce(json_agg(DISTINCT jsonb_build_object('role', ${sharedText('r.rolname')}, 'member', ${sharedText('m.rolname')}, 'admin', a.admin_option,
      'inherit', to_jsonb(a)->'inherit_option', 'set', to_jsonb(a)->'set_option')), '[]')
    FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE ${own('m.rolname')}),
  'settings', (SELECT coalesce(json_agg(json_build_object('role', ${sharedText('r.rolname')}, 'setting', ${sharedText('setting')}, 'inDatabase', s.setdatabase <> 0) ORDER BY r.rolname, s.setdatabase <> 0, setting), '[]')
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS setting
    WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND ${own('r.rolname')}))`;

function columnOf(attribute: string): string {
  return attribute === 'LOGIN' ? 'rolcanlogin' : `rol${attribute === 'SUPERUSER' ? 'super' : attribute.toLowerCase()}`;
}

/** Reads the roles of the session's server, in its snapshot; undefined if its user may not read who is a member. */
export async function globalsOf(session: Session): Promise<Globals | undefined> {
  if (!(await session.json<boolean>("SELECT to_json(has_table_privilege('pg_auth_members', 'SELECT'))"))) return undefined;
  return await session.json<Globals>(`SELECT ${globalsSql}`);
}
