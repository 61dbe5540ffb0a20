import type { ObjectsQuery } from './definitions-apart.ts';

/** Condition for objects of the database's own. */
export const ours = (oid: string, catalogue = 'pg_class') =>
  `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;
const inClass = (kinds: string) =>
  `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind IN (${kinds}) AND c.relpersistence <> 't' AND ${ours('c.oid')}`;
const readable = `has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')`;
const qualified = "format('%I.%I', n.nspname, c.relname)";
/** A name of a relation in a string of SQL, as pg_dump writes it. */
const named = `'''' || replace(${qualified}, '''', '''''') || ''''`;

/** Tables by the number of those above them, so that each stands behind its parents. */
const tables = `(WITH RECURSIVE above (oid, parent, depth) AS (SELECT inhrelid, inhparent, 1 FROM pg_inherits UNION SELECT a.oid, i.inhparent, a.depth + 1 FROM above a JOIN pg_inherits i ON i.inhrelid = a.parent WHERE a.depth < 64)
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition, coalesce((SELECT max(depth) FROM above WHERE above.oid = c.oid), 0) AS depth FROM ${inClass("'r', 'p'")} WHERE ${readable})`;

/** A default from a sequence that the same table owns, which stands behind both. */
const isSerial = `EXISTS (SELECT FROM pg_depend d JOIN pg_depend b ON b.classid = d.refclassid AND b.objid = d.refobjid AND b.refobjid = e.adrelid AND b.deptype = 'a' WHERE d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_class'::regclass)`;
const columns = String.raw`SELECT string_agg(concat(format(E'    %I %s', a.attname, format_type(a.atttypid, a.atttypmod)),
    (SELECT format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace JOIN pg_type t ON t.oid = a.atttypid WHERE l.oid = a.attcollation AND l.oid <> t.typcollation),
    CASE a.attgenerated WHEN '' THEN (SELECT ' DEFAULT ' || pg_get_expr(e.adbin, e.adrelid) FROM pg_attrdef e WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum AND NOT ${isSerial}) ELSE (SELECT format(' GENERATED ALWAYS AS (%s)%s', pg_get_expr(e.adbin, e.adrelid), CASE a.attgenerated WHEN 's' THEN ' STORED' END) FROM pg_attrdef e WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum) END,
    CASE WHEN a.attnotnull THEN ' NOT NULL' END), E',\n' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped`;
const checks = String.raw`SELECT string_agg(format(E',\n    CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' ORDER BY k.conname) FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'c' AND k.convalidated AND (k.conislocal OR NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = k.conrelid) OR (SELECT relispartition FROM pg_class p WHERE p.oid = k.conrelid))`;
const parents = `SELECT format(E'\\nINHERITS (%s)', string_agg(format('%I.%I', pn.nspname, p.relname), ', ' ORDER BY i.inhseqno)) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent AND p.relkind <> 'p' JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = $1 HAVING count(*) > 0`;
/** Text of a query of one table: `$1` is its number. */
const ofTable = (text: string) => `replace(${dollar(text)}, '$1', t.oid::text)`;
function dollar(text: string): string {
  return `$own$${text}$own$`;
}

const ofType = `CASE WHEN s.seqtypid <> 'int8'::regtype THEN format('AS %s', format_type(s.seqtypid, NULL)) END`;
/** An identity column's sequence has its column's type. */
const sequence = (type = 'NULL') =>
  `concat_ws(E'\\n    ', ${type}, format('START WITH %s', s.seqstart), format('INCREMENT BY %s', s.seqincrement), format('MINVALUE %s', s.seqmin), format('MAXVALUE %s', s.seqmax), format('CACHE %s', s.seqcache), CASE WHEN s.seqcycle THEN 'CYCLE' END)`;
/** A sequence's column: `i` for one of an identity column. */
const ofColumn = (type: 'a' | 'i') =>
  `JOIN pg_depend b ON b.classid = 'pg_class'::regclass AND b.objid = c.oid AND b.refclassid = 'pg_class'::regclass AND b.deptype = '${type}' JOIN pg_class tc ON tc.oid = b.refobjid JOIN pg_namespace tn ON tn.oid = tc.relnamespace JOIN pg_attribute a ON a.attrelid = tc.oid AND a.attnum = b.refobjsubid`;
const isIdentity = "EXISTS (SELECT FROM pg_depend b WHERE b.classid = 'pg_class'::regclass AND b.objid = c.oid AND b.deptype = 'i')";
const part = (name: string) => `format('%s %s', c.relname, ${name})`;
const asIs = (statement: string) => `'SELECT ' || quote_literal(${statement})`;

/**
 * Tables and sequences, and all that stands before rows, of a database whose catalogue keeps pg_dump from beginning,
 * whatever it leaves out: it reads the owner, the schema and the parents of everything first.
 */
export const beforeRows: readonly ObjectsQuery[] = [
  `SELECT 'SEQUENCE', c.relname, n.nspname, ${asIs(`format(E'CREATE SEQUENCE %s\\n    %s;', ${qualified}, ${sequence(ofType)})`)} FROM ${inClass("'S'")} JOIN pg_sequence s ON s.seqrelid = c.oid WHERE ${readable} AND NOT ${isIdentity}`,
  String.raw`SELECT 'TABLE', t.relname, t.nspname, format('SELECT concat(%L, (%s), (%s), E''\n)'', (%s), %s, '';'')', format(E'CREATE %sTABLE %I.%I (\n', CASE t.relpersistence WHEN 'u' THEN 'UNLOGGED ' END, t.nspname, t.relname), ${ofTable(columns)}, ${ofTable(checks)}, ${ofTable(parents)},
      CASE t.relkind WHEN 'p' THEN format('E''\nPARTITION BY '' || pg_get_partkeydef(%s)', t.oid) ELSE 'NULL' END) FROM ${tables} t ORDER BY t.depth, t.oid`,
  `SELECT 'SEQUENCE', c.relname, n.nspname, ${asIs(`format(E'ALTER TABLE %I.%I ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (\\n    SEQUENCE NAME %s\\n    %s\\n);', tn.nspname, tc.relname, a.attname, CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, ${qualified}, ${sequence()})`)}
    FROM ${inClass("'S'")} JOIN pg_sequence s ON s.seqrelid = c.oid ${ofColumn('i')} WHERE ${readable}`,
  `SELECT 'SEQUENCE OWNED BY', c.relname, n.nspname, ${asIs(`format('ALTER SEQUENCE %s OWNED BY %I.%I.%I;', ${qualified}, tn.nspname, tc.relname, a.attname)`)} FROM ${inClass("'S'")} ${ofColumn('a')} WHERE ${readable}`,
  `SELECT 'DEFAULT', ${part('a.attname')}, n.nspname, format('SELECT %L || pg_get_expr(e.adbin, e.adrelid) || '';'' FROM pg_attrdef e WHERE e.oid = %s', format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT ', ${qualified}, a.attname), e.oid)
    FROM ${inClass("'r', 'p'")} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attgenerated = '' JOIN pg_attrdef e ON e.adrelid = c.oid AND e.adnum = a.attnum AND ${isSerial} WHERE ${readable}`,
  `SELECT 'TABLE ATTACH', c.relname, n.nspname, format('SELECT %L || pg_get_expr(relpartbound, oid) || '';'' FROM pg_class WHERE oid = %s', format('ALTER TABLE ONLY %I.%I ATTACH PARTITION %s ', pn.nspname, p.relname, ${qualified}), c.oid)
    FROM ${inClass("'r', 'p'")} JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE c.relispartition AND ${readable}`,
];

const constraint = (kinds: string, only: string) =>
  `SELECT CASE k.contype WHEN 'f' THEN 'FK CONSTRAINT' WHEN 'c' THEN 'CHECK CONSTRAINT' ELSE 'CONSTRAINT' END, ${part('k.conname')}, n.nspname, format('SELECT %L || pg_get_constraintdef(%s) || '';''', format(E'ALTER TABLE ${only}%s\\n    ADD CONSTRAINT %I ', ${qualified}, k.conname), k.oid)
    FROM ${inClass("'r', 'p'")} JOIN pg_constraint k ON k.conrelid = c.oid AND k.conparentid = 0 AND k.contype IN (${kinds}) WHERE ${readable}`;

/** Values of sequences, and all that stands behind rows. */
export const behindRows: readonly ObjectsQuery[] = [
  `SELECT 'SEQUENCE SET', c.relname, n.nspname, format('SELECT format(''SELECT pg_catalog.setval(%%s, %%s, %%s);'', %L, last_value, CASE WHEN is_called THEN ''true'' ELSE ''false'' END) FROM %s', ${named}, ${qualified}) FROM ${inClass("'S'")} WHERE ${readable}`,
  constraint("'p', 'u', 'x'", ''),
  `${constraint("'c'", '')} AND NOT k.convalidated AND k.conislocal`,
  `SELECT 'VIEW', c.relname, n.nspname, format('SELECT %L || pg_get_viewdef(%s)', format(E'CREATE VIEW %s%s AS\\n', ${qualified}, ' WITH (' || array_to_string(c.reloptions, ', ') || ')'), c.oid) FROM ${inClass("'v'")} ORDER BY c.oid`,
  `SELECT 'MATERIALIZED VIEW', c.relname, n.nspname, format('SELECT %L || rtrim(pg_get_viewdef(%s), '';'') || E''\\n  WITH NO DATA;''', format(E'CREATE MATERIALIZED VIEW %s AS\\n', ${qualified}), c.oid) FROM ${inClass("'m'")} ORDER BY c.oid`,
  `SELECT 'INDEX', c.relname, n.nspname, format('SELECT replace(pg_get_indexdef(%s), '' ON ONLY '', '' ON '') || '';''', c.oid) FROM ${inClass("'i', 'I'")} JOIN pg_index x ON x.indexrelid = c.oid AND (x.indisvalid OR c.relkind = 'I')
    WHERE NOT c.relispartition AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))`,
  constraint("'f'", ''),
  `SELECT 'TRIGGER', ${part('t.tgname')}, n.nspname, format('SELECT pg_get_triggerdef(%s) || '';'' || %L', t.oid, CASE t.tgenabled WHEN 'O' THEN '' ELSE format(E'\\n\\nALTER TABLE %s %s TRIGGER %I;', ${qualified}, CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, t.tgname) END)
    FROM ${inClass("'r', 'p', 'v'")} JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'`,
  `SELECT 'RULE', ${part('r.rulename')}, n.nspname, format('SELECT pg_get_ruledef(%s)', r.oid) FROM ${inClass("'r', 'p', 'v'")} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'`,
  `SELECT 'ROW SECURITY', c.relname, n.nspname, ${asIs(`format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', ${qualified})`)} FROM ${inClass("'r', 'p'")} WHERE c.relrowsecurity`,
  `SELECT 'POLICY', ${part('o.polname')}, n.nspname, format('SELECT concat(%L, '' USING ('' || pg_get_expr(polqual, polrelid) || '')'', '' WITH CHECK ('' || pg_get_expr(polwithcheck, polrelid) || '')'', '';'') FROM pg_policy WHERE oid = %s',
      format('CREATE POLICY %I ON %s%s%s TO %s', o.polname, ${qualified}, CASE WHEN NOT o.polpermissive THEN ' AS RESTRICTIVE' END, CASE o.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' END, (SELECT coalesce(string_agg(quote_ident(r.rolname), ', '), 'PUBLIC') FROM pg_roles r WHERE r.oid = ANY (o.polroles))), o.oid)
    FROM ${inClass("'r', 'p'")} JOIN pg_policy o ON o.polrelid = c.oid`,
  `SELECT 'MATERIALIZED VIEW DATA', c.relname, n.nspname, ${asIs(`format('REFRESH MATERIALIZED VIEW %s;', ${qualified})`)} FROM ${inClass("'m'")} WHERE c.relispopulated ORDER BY c.oid`,
];

/** Writes the beginning and the end of a dump, as pg_dump does, for a server that writes in this encoding. */
export function skeleton({ version, encoding }: { version: string; encoding: string }): string {
  return `--
-- PostgreSQL database dump
--

-- Dumped from database version ${version}
-- Dumped without pg_dump, which could not begin

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = '${encoding}';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- PostgreSQL database dump complete
--
`;
}
