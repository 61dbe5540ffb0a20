import { careless } from '../connect/remarks.ts';
import type { Session } from '../connect/session.ts';
import { sharedText } from '../connect/text-of-all-databases.ts';
import type { Globals } from '../globals-schema.ts';
import { identifier } from '../sql-text.ts';
import { globalsOf } from './globals.ts';
import { scatteredSql } from './scattered.ts';
import { type Unreadable, unreadableSql } from './unreadable.ts';

/** Contents of a database in the snapshot that is dumped, by its server. Names are `[schema, name]`, without quotes. */
export interface Inventory {
  version: string;
  encoding: string;
  collation: string;
  /** Tables with rows of their own, and sequences. */
  tables: [string, string][];
  sequences: [string, string][];
  /** Tables and sequences that are unlogged. */
  unlogged: [string, string][];
  /** Partitions, and the tables that they are part of: pg_dump loads the rows of some through these. */
  partitions: { name: [string, string]; within: [string, string][] }[];
  /**
   * Tables whose rows pg_dump leaves out, and whether this user may read them: those of extensions that have not asked
   * to keep them, and a user's own in schemas of the system.
   */
  members: { table: string; extension: string | null; readable: boolean }[];
  /** True for a standby, which has no rows of unlogged tables. */
  standby: boolean;
  locale: Locale;
  /** Settings that the database gives its sessions: `TimeZone=Europe/Paris`. */
  settings: string[];
  /** Search paths that roles have of their own. */
  rolePaths: string[];
  /** Settings by which the server passes over damaged pages without an error. */
  careless: string[];
  /** Other things that belong to the database itself, as sentences. */
  ofDatabase: string[];
  /** Tablespaces that the dump names. */
  tablespaces: string[];
  /** Number of locks that a restore in one transaction takes: about one for each object. */
  locks: number;
  /** All roles of the server, if a column's type can hold one; otherwise none. */
  dataRoles: string[];
  /** User mappings whose options this user may not see. */
  hiddenMappings: string[];
  largeObjects: number;
  /** Number of objects, by the kinds that pg_dump names in its comments. */
  objects: Record<string, number>;
  /** Roles that own something or have been granted something; the bootstrap superuser is in no list of dependencies. */
  roles: string[];
  /** Those of the roles that own something. */
  owners: string[];
  /** Those of the roles that a policy or a user mapping names. */
  definitionRoles: string[];
  /** All roles of the server; undefined if this user may not read who is a member. */
  globals?: Globals | undefined;
  extensions: { name: string; version: string; schema: string }[];
  /** Size on the server's disk, in bytes. */
  size: number;
  /** Instant at which the password of this session's user ends; null if it does not. */
  passwordEnds: string | null;
}

/** Locale of a database, as `pg_database` has it. */
export interface Locale {
  /** `c` for the system's library, `i` for ICU, `b` for PostgreSQL's own. */
  provider: string;
  collate: string;
  ctype: string;
  /** Locale of ICU or of PostgreSQL's own. */
  name: string | null;
  rules: string | null;
}

/**
 * Condition for objects of the database's own: not the system's, not temporary, and not part of an extension, which
 * `CREATE EXTENSION` makes again.
 */
const ours = (catalogue: string, oid: string, schema: string) =>
  `${schema} !~ '^pg_' AND ${schema} <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

const relations = (kinds: string, persistence = "'p', 'u'") =>
  `(SELECT coalesce(json_agg(json_build_array(n.nspname, c.relname) ORDER BY 1, 2), '[]')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN (${kinds}) AND c.relpersistence IN (${persistence}) AND ${ours('pg_class', 'c.oid', 'n.nspname')})`;

const countOf = (from: string, where: string) => `(SELECT count(*) FROM ${from} WHERE ${where})`;

const inClass = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace`;
const inProc = `pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace`;
const ownClass = ours('pg_class', 'c.oid', 'n.nspname');
/**
 * A range type makes its constructors itself (deptype i); pg_dump leaves them out, as it does an extension's functions.
 */
const ownProc = `${ours('pg_proc', 'p.oid', 'n.nspname')} AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')`;

const rolesIn = (oids: string) =>
  `(SELECT coalesce(json_agg(${sharedText('r.rolname')} ORDER BY r.rolname), '[]') FROM pg_roles r WHERE r.rolname !~ '^pg_' AND r.oid IN (${oids}))`;
const inSharedDependencies = `FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const ownersOfOurs = `SELECT relowner FROM pg_class WHERE oid >= 16384 UNION SELECT proowner FROM pg_proc WHERE oid >= 16384 UNION SELECT typowner FROM pg_type WHERE oid >= 16384
    UNION SELECT nspowner FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public' UNION SELECT lomowner FROM pg_largeobject_metadata
    UNION SELECT evtowner FROM pg_event_trigger UNION SELECT pubowner FROM pg_publication`;

/** Types whose values name roles. */
const ofRoles = ['regrole', 'regrole[]', 'aclitem', 'aclitem[]'].map((type) => `'${type}'::regtype`).join(', ');

const sql = `SELECT json_build_object(
  'version', current_setting('server_version'),
  'encoding', (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()),
  'collation', (SELECT datcollate FROM pg_database WHERE datname = current_database()),
  'tables', ${relations("'r'")},
  'sequences', ${relations("'S'")},
  'unlogged', ${relations("'r', 'S'", "'u'")},
  'partitions', (SELECT coalesce(json_agg(json_build_object('name', json_build_array(n.nspname, c.relname), 'within',
      (SELECT coalesce(json_agg(json_build_array(an.nspname, a.relname)), '[]') FROM pg_partition_ancestors(c.oid) p (oid) JOIN pg_class a ON a.oid = p.oid AND a.oid <> c.oid JOIN pg_namespace an ON an.oid = a.relnamespace))), '[]')
    FROM ${inClass} WHERE c.relkind = 'r' AND c.relispartition AND ${ownClass}),
  'members', (SELECT coalesce(json_agg(json_build_object('table', format('%I.%I', n.nspname, c.relname), 'extension', x.extname, 'readable', has_table_privilege(c.oid, 'SELECT'))), '[]')
    FROM ${inClass} JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' JOIN pg_extension x ON x.oid = d.refobjid
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid <> ALL (coalesce(x.extconfig, '{}'))),
  'strays', (SELECT coalesce(json_agg(json_build_object('table', format('%I.%I', n.nspname, c.relname), 'extension', NULL, 'readable', has_table_privilege(c.oid, 'SELECT'))), '[]')
    FROM ${inClass} WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384 AND (n.nspname ~ '^pg_' OR n.nspname = 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')),
  'standby', pg_is_in_recovery(),
  'locale', (SELECT json_build_object('provider', coalesce(d->>'datlocprovider', 'c'), 'collate', d->>'datcollate', 'ctype', d->>'datctype', 'name', coalesce(d->>'datlocale', d->>'daticulocale'), 'rules', d->>'daticurules')
    FROM (SELECT to_jsonb(b) FROM pg_database b WHERE datname = current_database()) s (d)),
  'settings', (SELECT coalesce(json_agg(${sharedText('setting')} ORDER BY setting), '[]') FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())),
  'rolePaths', (SELECT coalesce(json_agg(DISTINCT ${sharedText('substr(setting, 13)')}), '[]') FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setrole <> 0 AND setting LIKE 'search_path=%' AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))),
  'ofDatabase', (SELECT coalesce(json_agg(line), '[]') FROM pg_database b, LATERAL (
      SELECT format('the setting %s of the role %s in this database (ALTER ROLE IN DATABASE SET)', ${sharedText('setting')}, ${sharedText('r.rolname')}) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS setting WHERE s.setdatabase = b.oid
      UNION ALL SELECT format('the grants on the database itself: %s (GRANT, REVOKE ON DATABASE)', ${sharedText('b.datacl')}) WHERE b.datacl IS NOT NULL
      UNION ALL SELECT format('the limit of %s connections (ALTER DATABASE CONNECTION LIMIT)', b.datconnlimit) WHERE b.datconnlimit >= 0
      UNION ALL SELECT 'the comment on the database (COMMENT ON DATABASE)' WHERE b.datname <> 'postgres' AND shobj_description(b.oid, 'pg_database') IS NOT NULL) l (line) WHERE b.datname = current_database()),
  'tablespaces', (SELECT coalesce(json_agg(DISTINCT ${sharedText('t.spcname')}), '[]') FROM ${inClass} JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE ${ownClass}),
  'locks', (SELECT count(*) FROM pg_class WHERE oid >= 16384) + (SELECT count(*) FROM pg_proc WHERE oid >= 16384) + (SELECT count(*) FROM pg_type WHERE oid >= 16384 AND typtype IN ('d', 'e', 'r')) + (SELECT count(*) FROM pg_largeobject_metadata),
  'dataRoles', (SELECT coalesce(json_agg(${sharedText('rolname')}), '[]') FROM pg_roles WHERE rolname !~ '^pg_' AND (EXISTS (SELECT FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 AND atttypid IN (${ofRoles}))
    OR EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typbasetype IN (${ofRoles})))),
  'hiddenMappings', (SELECT coalesce(json_agg(format('%s on %s', ${sharedText('usename')}, srvname)), '[]') FROM pg_user_mappings WHERE umoptions IS NULL AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)),
  'careless', (${careless}),
  'largeObjects', (SELECT count(*) FROM pg_largeobject_metadata),
  'objects', json_build_object(
    'TABLE', ${countOf(inClass, `c.relkind IN ('r', 'p') AND ${ownClass}`)},
    'VIEW', ${countOf(inClass, `c.relkind = 'v' AND ${ownClass}`)},
    'MATERIALIZED VIEW', ${countOf(inClass, `c.relkind = 'm' AND ${ownClass}`)},
    'FOREIGN TABLE', ${countOf(inClass, `c.relkind = 'f' AND ${ownClass}`)},
    'FUNCTION', ${countOf(inProc, `p.prokind IN ('f', 'w') AND ${ownProc}`)},
    'PROCEDURE', ${countOf(inProc, `p.prokind = 'p' AND ${ownProc}`)},
    'AGGREGATE', ${countOf(inProc, `p.prokind = 'a' AND ${ownProc}`)},
    'TRIGGER', ${countOf(`pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace`, `NOT t.tgisinternal AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0' AND ${ownClass}`)},
    'EVENT TRIGGER', ${countOf('pg_event_trigger e', `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')`)},
    'POLICY', ${countOf(`pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace`, ownClass)},
    'EXTENSION', ${countOf('pg_extension x', "x.extname <> 'plpgsql'")},
    'PUBLICATION', ${countOf('pg_publication', 'true')}),
  'roles', ${rolesIn(`SELECT refobjid ${inSharedDependencies} UNION ${ownersOfOurs}`)},
  'owners', ${rolesIn(`SELECT refobjid ${inSharedDependencies} AND deptype = 'o' AND classid <> 'pg_user_mapping'::regclass UNION ${ownersOfOurs}`)},
  'definitionRoles', ${rolesIn(`SELECT refobjid ${inSharedDependencies} AND (deptype = 'r' OR classid = 'pg_user_mapping'::regclass)`)},
  'extensions', (SELECT coalesce(json_agg(json_build_object('name', extname, 'version', extversion, 'schema', n.nspname) ORDER BY x.oid), '[]') FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql'),
  'size', pg_database_size(current_database()),
  'passwordEnds', (SELECT to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM pg_roles WHERE rolname = session_user))`;

/** A snapshot that a session's transaction holds, and the facts about its server that pg_dump needs. */
export interface Snapshot {
  /** Value for `--snapshot`. */
  id: string;
  version: string;
  encoding: string;
  /** True if rows of partitions may belong into other ones where they are restored. */
  scattered: boolean;
  /** Objects that this user may not read. */
  unreadable: Unreadable;
}

/** Exports the snapshot of the session's transaction. */
export function snapshotOf(session: Session): Promise<Snapshot> {
  return session.json<Snapshot>(
    `SELECT json_build_object('id', pg_export_snapshot(), 'version', current_setting('server_version'),
      'encoding', (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()), 'scattered', ${scatteredSql}, 'unreadable', ${unreadableSql})`,
  );
}

/**
 * Lists tables that have been given other storage since the session's snapshot. The catalogue answers as of the
 * snapshot; the function pg_relation_filenode answers as of now.
 */
export function rewrittenSince(session: Session): Promise<string[]> {
  return session.json<string[]>(
    `SELECT coalesce(json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY 1), '[]') FROM ${inClass}
      WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.relfilenode <> 0 AND pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode AND n.nspname !~ '^pg_'`,
  );
}

/** A table that another session has locked against readers, and its columns as SQL, for people. */
export interface LockedTable {
  name: string;
  columns: string;
}

export function tablesLocked(session: Session): Promise<LockedTable[]> {
  return session.json<LockedTable[]>(
    `SELECT coalesce(json_agg(json_build_object('name', format('%I.%I', n.nspname, c.relname), 'columns',
        (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) ORDER BY n.nspname, c.relname), '[]') FROM ${inClass}
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND c.oid IN (SELECT l.relation FROM pg_locks l WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
  );
}

/** Number of tables that are counted by one query. */
const countedAtOnce = 100;

/**
 * Counts the rows of these tables in the session's snapshot. Returns the error if that fails; the session is over then.
 * Each query's locks are given back at once.
 */
export async function countRows(session: Session, tables: readonly [string, string][]): Promise<Map<string, number> | Error> {
  const counts = new Map<string, number>();
  try {
    await session.ask(`SET LOCAL lock_timeout = '2s'; SET LOCAL row_security = off`);
    for (let at = 0; at < tables.length; at += countedAtOnce) {
      const some = tables.slice(at, at + countedAtOnce);
      const each = some.map((name) => `(SELECT count(*) FROM ONLY ${name.map(identifier).join('.')})`).join(', ');
      await session.ask('SAVEPOINT counted');
      const found = await session.json<number[]>(`SELECT to_json(ARRAY[${each}])`);
      await session.ask('ROLLBACK TO SAVEPOINT counted');
      for (const [index, name] of some.entries()) counts.set(JSON.stringify(name), found[index] ?? 0);
    }
    return counts;
  } catch (error) {
    return error as Error; // the dump is not worse for it
  }
}

/**
 * Lists the members of extensions that hold rows. A CREATE EXTENSION does not bring those back, and pg_dump does not
 * write them. The session is over if they cannot be counted.
 */
export async function rowsLeftOut(session: Session, members: Inventory['members']): Promise<string[]> {
  const readable = members.filter((member) => member.readable);
  if (readable.length === 0) return [];
  const list = readable.map(({ table }) => `(SELECT count(*) FROM ONLY ${table})`).join(', ');
  try {
    const counts = await session.json<number[]>(`SET LOCAL lock_timeout = '2s'; SELECT to_json(ARRAY[${list}])`);
    return readable.flatMap(({ table, extension }, at) =>
      counts[at]
        ? [
            extension === null
              ? `the ${counts[at]} rows of ${table} are in no dump, because its schema has a name of the system's; ALTER TABLE ${table} SET SCHEMA public would keep them`
              : `the ${counts[at]} rows of ${table} are in no dump, because it belongs to the extension ${extension}; ALTER EXTENSION ${extension} DROP TABLE ${table} would keep them`,
          ]
        : [],
    );
  } catch (error) {
    return [`rows of ${readable.map(({ table }) => table).join(', ')} may be in no dump, and could not be counted: ${(error as Error).message}`];
  }
}

/** Returns the part that two inventories have in common. */
export function commonTo(one: Inventory, other: Inventory): Inventory {
  const both = (names: [string, string][], others: [string, string][]) => {
    const known = new Set(others.map((name) => JSON.stringify(name)));
    return names.filter((name) => known.has(JSON.stringify(name)));
  };
  return {
    ...one,
    tables: both(one.tables, other.tables),
    sequences: both(one.sequences, other.sequences),
    largeObjects: Math.min(one.largeObjects, other.largeObjects),
    objects: Object.fromEntries(Object.entries(one.objects).map(([kind, count]) => [kind, Math.min(count, other.objects[kind] ?? 0)])),
  };
}

/** Takes the inventory in the session's snapshot. */
export async function inventoryOf(session: Session): Promise<Inventory> {
  const { strays, members, ...inventory } = await session.json<Inventory & { strays: Inventory['members'] }>(sql);
  return { ...inventory, members: [...members, ...strays], globals: await globalsOf(session) };
}
