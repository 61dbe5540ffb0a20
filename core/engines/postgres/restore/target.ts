import { counted } from '../../../figures.ts';
import type { Session } from '../connect/session.ts';
import { sharedText } from '../connect/text-of-all-databases.ts';

/** Facts about a database, asked before anything is restored into it. */
export interface Target {
  version: string;
  user: string;
  /** True for a superuser, and for the substitute that a hosting service gives. */
  isSuperuserLike: boolean;
  isSuperuser: boolean;
  mayMakeRoles: boolean;
  /** Rights to make schemas and extensions, and to make tables in the schema `public`. */
  mayCreate: boolean;
  mayCreateInPublic: boolean;
  schemas: string[];
  /**
   * Number of tables, and the largest of them. `rows` is the server's estimate, -1 if it has none; `bytes` includes
   * indexes.
   */
  tables: number;
  largest: { name: string; rows: number; bytes: number }[];
  /** Number of views, sequences, functions and types, without those of extensions. */
  others: number;
  largeObjects: number;
  tablespaces: string[];
  /** Number of locks that the server can hold for all its sessions, and for each of how many sessions it counts. */
  locks: { all: number; sessions: number };
  roles: string[];
  /** Those of the roles to which the user may give objects. */
  assumable: string[];
  extensions: Record<string, AvailableExtension>;
  /**
   * Place of the database on the server's disk, and the time when its data directory changed (seconds since 1970); null
   * if the user may not know.
   */
  disk: { data: string; modified: number; tablespace: string } | null;
}

interface AvailableExtension {
  /** Version that is installed, or that would be. */
  version: string;
  /** null if it is not installed. */
  schema: string | null;
  owned: boolean;
  /** True if a user who is no superuser may make it. */
  creatable: boolean;
}

/** Number of tables that are shown. */
const shownTables = 10;

/** Substitutes for a superuser that hosting services give. */
const hosts = ['rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin'];

const own = (catalogue: string, oid: string) =>
  `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype IN ('e', 'i'))`;
const relations = (kinds: string) =>
  `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN (${kinds}) AND NOT c.relispartition AND ${own('pg_class', 'c.oid')}`;
const memberOf = (role: string, right = "'MEMBER'") => `pg_has_role(${role}, ${right})`;

const sql = `SELECT json_build_object(
  'version', current_setting('server_version'), 'user', ${sharedText('current_user')},
  'isSuperuserLike', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (SELECT FROM pg_roles WHERE rolname IN (${hosts.map((name) => `'${name}'`)}) AND ${memberOf('oid')}),
  'isSuperuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
  'mayMakeRoles', (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user),
  'mayCreate', has_database_privilege(current_database(), 'CREATE'),
  'mayCreateInPublic', EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND has_schema_privilege(oid, 'CREATE')),
  'schemas', (SELECT json_agg(nspname) FROM pg_namespace),
  'tables', (SELECT count(*) ${relations("'r', 'p', 'f', 'm'")}),
  'largest', (SELECT coalesce(json_agg(t), '[]') FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name, c.reltuples::bigint AS rows, pg_total_relation_size(c.oid) AS bytes
    ${relations("'r', 'p', 'f', 'm'")} ORDER BY 3 DESC, 1 LIMIT ${shownTables}) t),
  'others', (SELECT count(*) ${relations("'v', 'S', 'c'")})
    + (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own('pg_proc', 'p.oid')})
    + (SELECT count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r') AND ${own('pg_type', 't.oid')}),
  'largeObjects', (SELECT count(*) FROM pg_largeobject_metadata),
  'tablespaces', (SELECT json_agg(${sharedText('spcname')}) FROM pg_tablespace),
  'locks', (SELECT json_build_object('all', s * current_setting('max_locks_per_transaction')::bigint, 'sessions', s)
    FROM (SELECT current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) t (s)),
  'roles', (SELECT json_agg(${sharedText('rolname')}) FROM pg_roles),
  'assumable', (SELECT coalesce(json_agg(${sharedText('rolname')}), '[]') FROM pg_roles WHERE ${memberOf('oid', "CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END")}),
  'extensions', (SELECT coalesce(json_object_agg(a.name, json_build_object('version', coalesce(x.extversion, a.default_version), 'schema', n.nspname,
      'owned', coalesce(${memberOf('x.extowner', "'USAGE'")}, true), 'creatable', coalesce(NOT v.superuser OR v.trusted, false))), '{}')
    FROM pg_available_extensions a LEFT JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
    LEFT JOIN pg_extension x ON x.extname = a.name LEFT JOIN pg_namespace n ON n.oid = x.extnamespace),
  'mayStat', has_function_privilege('pg_stat_file(text)', 'EXECUTE'))`;

/** Asked separately: a function that the user may not call is refused even where it would not be reached. */
const diskSql = `SELECT (SELECT json_build_object('data', setting, 'modified', extract(epoch FROM (pg_stat_file(setting)).modification)::bigint,
  'tablespace', (SELECT pg_tablespace_location(dattablespace) FROM pg_database WHERE datname = current_database())) FROM pg_settings WHERE name = 'data_directory')`;

/** Asks the target for its facts. The session is unusable after an error. */
export async function targetOf(session: Session): Promise<Target> {
  const { mayStat, ...target } = await session.json<Omit<Target, 'disk'> & { mayStat: boolean }>(sql);
  const [disk = ''] = mayStat ? await session.ask(diskSql) : [];
  return { ...target, disk: disk === '' ? null : (JSON.parse(disk) as Target['disk']) };
}

/** Describes the contents for people: `public.person (about 2 rows, 16 kB), … and 3 more`. */
export function contentsOf({ tables, largest, others, largeObjects }: Target): string {
  const each = largest.map(
    ({ name, rows, bytes }) => `${name} (${rows < 0 ? 'rows not estimated' : `about ${counted(rows, 'row')}`}, ${Math.ceil(bytes / 1000)} kB)`,
  );
  const more = tables > largest.length ? [`${tables - largest.length} more tables`] : [];
  const rest = others > 0 ? [`${others} views, sequences, functions or types`] : [];
  const large = largeObjects > 0 ? [`${largeObjects} large objects`] : [];
  return [...each, ...more, ...rest, ...large].join(', ');
}

export function isEmpty({ tables, others, largeObjects }: Target): boolean {
  return tables + others + largeObjects === 0;
}
