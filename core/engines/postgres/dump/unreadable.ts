import type { Flaw } from '../../../documents/flaw.ts';
import { shortened } from '../../../documents/shortened.ts';
import { onOneLine } from './on-one-line.ts';
import type { Definitions } from './server-definitions.ts';

/** Objects of a database that the user of a backup may not read. Names are as SQL writes them. */
export interface Unreadable {
  /** The user. */
  user: string;
  tables: UnreadableTable[];
  sequences: UnreadableSequence[];
  /** Large objects, by their numbers. */
  largeObjects: string[];
}

export const nothing: Unreadable = { user: '', tables: [], sequences: [], largeObjects: [] };

interface UnreadableSequence {
  name: string;
  parts: [string, string];
  /** Schema that the user may not use; null if that is not the reason. */
  schema: string | null;
}

interface UnreadableTable extends UnreadableSequence {
  /** True if the user may read the table itself, of which a policy hides rows. */
  isHidden: boolean;
  /** True if rows of it belong into a dump: it is no member of an extension, or one that the extension wants kept. */
  isKept: boolean;
  /** Columns as SQL, for people. */
  columns: string;
  /** Sequences of its identity columns. */
  identities: [string, string][];
}

const isMember = "EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')";
const isConfigured = 'EXISTS (SELECT FROM pg_extension x WHERE c.oid = ANY (x.extconfig))';
const mayRead = (kind: 'table' | 'sequence') => `(has_schema_privilege(n.oid, 'USAGE') AND has_${kind}_privilege(c.oid, 'SELECT'))`;
const relations = (kinds: string) =>
  `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't' AND c.relkind IN (${kinds})`;
const names = `'name', format('%I.%I', n.nspname, c.relname), 'parts', json_build_array(n.nspname, c.relname), 'schema', CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN NULL ELSE quote_ident(n.nspname) END`;
/** Only servers since 18 can be asked for the right to read a large object. */
const mayReadLargeObject = `current_setting('lo_compat_privileges')::boolean OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR pg_has_role(lomowner, 'USAGE')
  OR EXISTS (SELECT FROM aclexplode(lomacl) a WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))`;

/**
 * Text of an expression that gives all this as JSON, from the catalogue alone. If the rows of no table can be read,
 * it gives no object: then the user is wrong, and pg_dump says so.
 */
export const unreadableSql = `(SELECT json_build_object('user', quote_ident(current_user),
  'tables', (SELECT coalesce(json_agg(json_build_object(${names}, 'isHidden', ${mayRead('table')}, 'isKept', NOT ${isMember} OR ${isConfigured},
      'columns', (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      'identities', (SELECT coalesce(json_agg(json_build_array(sn.nspname, s.relname)), '[]') FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace sn ON sn.oid = s.relnamespace
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype = 'i')) ORDER BY n.nspname, c.relname), '[]')
    FROM ${relations("'r', 'p'")} AND is_any AND (NOT ${mayRead('table')} OR row_security_active(c.oid))),
  'sequences', (SELECT coalesce(json_agg(json_build_object(${names}) ORDER BY n.nspname, c.relname), '[]') FROM ${relations("'S'")} AND is_any AND NOT ${mayRead('sequence')}),
  'largeObjects', (SELECT coalesce(json_agg(oid::text ORDER BY oid), '[]') FROM pg_largeobject_metadata WHERE is_any AND NOT (${mayReadLargeObject})))
  FROM (SELECT coalesce(bool_or(${mayRead('table')} AND NOT row_security_active(c.oid)), true) FROM ${relations("'r'")} AND NOT ${isMember}) s (is_any))`;

/** Returns pg_dump's arguments that leave out what it would stop at. */
export function argumentsWithout({ tables, sequences, largeObjects }: Unreadable): string[] {
  return [
    ...tables.map(({ name, isHidden }) => `--exclude-table${isHidden ? '-data' : ''}=${name}`),
    ...sequences.map(({ name }) => `--exclude-table-data=${name}`),
    ...(largeObjects.length > 0 ? ['--no-large-objects'] : []),
  ];
}

/** Returns true if pg_dump writes all that it is allowed to. */
export function isRead({ tables, largeObjects }: Unreadable): boolean {
  return largeObjects.length === 0 && !tables.some(({ isHidden }) => isHidden);
}

/** Writes no rows for the tables that are there without any. */
export function emptyTables({ tables }: Unreadable): string {
  const hidden = tables.filter(({ isHidden, isKept }) => isHidden && isKept);
  return hidden
    .map(
      ({ name, parts: [schema, table] }) =>
        `--\n-- Data for Name: ${onOneLine(table)}; Type: TABLE DATA; Schema: ${onOneLine(schema)}; Owner: -\n--\n\nCOPY ${name} FROM stdin;\n\\.\n\n\n`,
    )
    .join('');
}

/** Leaves out the definitions of tables that are not in the dump, and of what belongs to them. */
export function readableDefinitions(definitions: Definitions, { tables }: Unreadable): Definitions {
  const gone = tables.filter(({ isHidden }) => !isHidden);
  if (gone.length === 0) return definitions;
  const names = [...gone.map(({ name }) => name), ...gone.flatMap(({ identities }) => identities).map((parts) => parts.join('.'))];
  const isGone = new RegExp(`(^| )(${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})($|[ .])`);
  return Object.fromEntries(
    Object.entries(definitions).map(([kind, objects]) => [kind, Object.fromEntries(Object.entries(objects).filter(([name]) => !isGone.test(name)))]),
  );
}

/** Largest number of tables, and of sequences, that are named one by one. */
const mostNamed = 50;

/** Describes what is not in the dump, with the statements that give the right to read it. */
export function flawsOfUnreadable({ user, tables, sequences, largeObjects }: Unreadable): Flaw[] {
  const right = (schema: string | null, grant: string) =>
    `As an owner: ${schema === null ? '' : `GRANT USAGE ON SCHEMA ${schema} TO ${user}; `}${grant} TO ${user};`;
  const everything = `or let ${user} read every table and sequence, as a superuser: GRANT pg_read_all_data TO ${user};`;
  const ofTables = tables
    .filter(({ isKept }) => isKept)
    .map(({ name, schema, isHidden, columns }) =>
      isHidden
        ? {
            what: `TABLE DATA ${name}: row-level security hides rows from ${user}, so none of them are in the backup. As a superuser: ALTER ROLE ${user} BYPASSRLS;`,
            remedy: `back up as a user whom no policy concerns: ALTER ROLE ${user} BYPASSRLS; or the owner of the table, if it has no FORCE ROW LEVEL SECURITY`,
          }
        : {
            what: `TABLE ${name}: ${user} may not read it, and neither it nor its rows are in the backup. ${right(schema, `GRANT SELECT ON TABLE ${name}`)}`,
            remedy: `${everything} Its columns: ${columns}`,
          },
    );
  const ofSequences = sequences.map(({ name, schema }) => ({
    what: `SEQUENCE SET ${name}: ${user} may not read its value, so a restored one begins anew. ${right(schema, `GRANT SELECT ON SEQUENCE ${name}`)}`,
    remedy: everything,
  }));
  const more = (kind: string, some: Flaw[]) =>
    some.length > mostNamed
      ? [...some.slice(0, mostNamed), { what: `${kind}: ${some.length - mostNamed} more that ${user} may not read are not in the backup`, remedy: everything }]
      : some;
  return [
    ...more('TABLE', ofTables),
    ...more('SEQUENCE SET', ofSequences),
    ...(largeObjects.length > 0
      ? [
          {
            what: `LARGE OBJECT ${shortened(largeObjects).join(', ')}: ${user} may not read ${largeObjects.length === 1 ? 'it, so it is' : 'them, so they are'} not in the backup. ${right(null, `GRANT SELECT ON LARGE OBJECT ${largeObjects.slice(0, mostNamed).join(', ')}`)}`,
            remedy: `have the owners grant the right, or let psql grant it for each, as a superuser: SELECT format('GRANT SELECT ON LARGE OBJECT %s TO ${user.replaceAll("'", "''")}', oid) FROM pg_largeobject_metadata \\gexec`,
          },
        ]
      : []),
  ];
}
