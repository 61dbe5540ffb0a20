import type { Flaw } from '../../../documents/flaw.ts';
import type { Beside } from './beside.ts';
import { onOneLine } from './on-one-line.ts';

/**
 * Query of objects: kind, name, schema, and a query that gives the statement. The server may refuse the latter for one
 * of them, and gives the others.
 */
export type ObjectsQuery = string;

const own = (schema: string, catalogue: string, oid: string) =>
  `${schema} !~ '^pg_' AND ${schema} <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype IN ('e', 'i'))`;
/** Text of a query that gives a text as it is. */
const asIs = (statement: string) => `'SELECT ' || quote_literal(${statement})`;

/** Objects that stand before tables in a dump. */
export const beforeTables: readonly ObjectsQuery[] = [
  `SELECT 'SCHEMA', n.nspname, '-', ${asIs("format('CREATE SCHEMA %I;', n.nspname)")} FROM pg_namespace n WHERE ${own('n.nspname', 'pg_namespace', 'n.oid')} AND n.nspname <> 'public'`,
  `SELECT 'EXTENSION', x.extname, '-', ${asIs("format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I;', x.extname, n.nspname)")} FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql'`,
  `SELECT 'TYPE', t.typname, n.nspname, ${asIs(String.raw`format(E'CREATE TYPE %I.%I AS ENUM (\n    %s\n);', n.nspname, t.typname, (SELECT string_agg(quote_literal(e.enumlabel), E',\n    ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))`)}
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${own('n.nspname', 'pg_type', 't.oid')}`,
  String.raw`SELECT 'TYPE', t.typname, n.nspname, format('SELECT format(E''CREATE TYPE %%s AS (\n\t%%s\n);'', %L, (SELECT string_agg(format(''%%I %%s'', a.attname, format_type(a.atttypid, a.atttypmod)), E'',\n\t'' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped))', format('%I.%I', n.nspname, t.typname), c.oid)
    FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c' JOIN pg_namespace n ON n.oid = t.typnamespace WHERE ${own('n.nspname', 'pg_type', 't.oid')}`,
  String.raw`SELECT 'DOMAIN', t.typname, n.nspname, format('SELECT concat(%L, format_type(%s, %s), %L, %L, (SELECT string_agg(format(E''\n\tCONSTRAINT %%I %%s'', k.conname, pg_get_constraintdef(k.oid)), '''' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = %s AND k.contype = ''c''), '';'')',
      format('CREATE DOMAIN %I.%I AS ', n.nspname, t.typname), t.typbasetype, t.typtypmod, CASE WHEN t.typnotnull THEN ' NOT NULL' END, ' DEFAULT ' || t.typdefault, t.oid) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND ${own('n.nspname', 'pg_type', 't.oid')}`,
  `SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, format('%s(%s)', p.proname, (SELECT string_agg(format_type(a.type, NULL), ', ' ORDER BY a.at) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (type, at))), n.nspname, format('SELECT regexp_replace(pg_get_functiondef(%s), ''^CREATE OR REPLACE '', ''CREATE '') || '';''', p.oid)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own('n.nspname', 'pg_proc', 'p.oid')} ORDER BY p.oid`,
];

/** Text of a dump, and what the server refuses to give. */
export interface DefinitionsApart {
  text: string;
  flaws: Flaw[];
}

/** Asks for the statements that make these objects, in the order of the queries. */
export async function definitionsApart(beside: Beside, queries: readonly ObjectsQuery[]): Promise<DefinitionsApart> {
  const { made, refused } = await beside.found<{ made: [string, string, string, string][]; refused: [string, string][] }>(`DO $sauvegarde$
DECLARE made jsonb[] := '{}'; refused jsonb[] := '{}'; each record; statement text;
BEGIN
${queries
  .map(
    (query) => `  BEGIN
    FOR each IN SELECT * FROM (${query}) o (kind, name, schema, asked) LOOP
      BEGIN
        EXECUTE each.asked INTO statement;
        IF statement IS NOT NULL THEN made := array_append(made, jsonb_build_array(each.kind, each.name, each.schema, statement)); END IF;
      EXCEPTION WHEN OTHERS THEN refused := array_append(refused, jsonb_build_array(format('%s %s', each.kind, concat_ws('.', nullif(each.schema, '-'), each.name)), SQLERRM));
      END;
    END LOOP;
  EXCEPTION WHEN OTHERS THEN refused := array_append(refused, jsonb_build_array('CATALOGUE', SQLERRM));
  END;`,
  )
  .join('\n')}
  PERFORM set_config('sauvegarde.found', jsonb_build_object('made', to_jsonb(made), 'refused', to_jsonb(refused))::text, true);
END $sauvegarde$`);
  const statements = made.map(
    ([kind, name, schema, statement]) => `--\n-- Name: ${onOneLine(name)}; Type: ${kind}; Schema: ${onOneLine(schema)}; Owner: -\n--\n\n${statement}\n\n\n`,
  );
  const flaws = refused.map(([what, reason]) => ({
    what: `${what}: the server cannot give the definition, and it is not in the backup: ${reason}`,
    remedy: 'make it again from what the application keeps of it',
  }));
  return { text: statements.join(''), flaws };
}
