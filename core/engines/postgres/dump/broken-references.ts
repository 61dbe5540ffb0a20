import type { Flaw } from '../../../documents/flaw.ts';
import { shortened } from '../../../documents/shortened.ts';
import type { Beside } from './beside.ts';

/** An entry of the catalogue that others name, and that is not there. */
export interface BrokenReference {
  /** Catalogue that lacks the entry: `pg_authid`. */
  catalogue: string;
  /** Number of the entry. */
  oid: string;
  /** Columns that name it: `pg_class.relowner`. */
  columns: string[];
  /** Objects that name it, for people. */
  objects: string[];
}

/** Remedy for damage that no statement mends. */
export const elsewhere =
  'the catalogue of the database is damaged: restore this backup into a new database, and what is missing there from an older one; then let it take the place of the damaged one';

/** Catalogues whose entries pg_dump asks for by number. */
const asked = ['pg_authid', 'pg_namespace', 'pg_class', 'pg_proc', 'pg_type', 'pg_language', 'pg_am', 'pg_constraint', 'pg_extension'];

/**
 * Finds entries that others name and that are not there, by the server's own list of its catalogue's references (since
 * PostgreSQL 14). Leaves out catalogues that this user may not read.
 */
export function brokenReferences(beside: Beside): Promise<BrokenReference[]> {
  return beside.found<BrokenReference[]>(`DO $sauvegarde$
DECLARE each record; part jsonb; found jsonb := '[]';
BEGIN
  IF to_regprocedure('pg_catalog.pg_get_catalog_foreign_keys()') IS NOT NULL THEN
    FOR each IN EXECUTE 'SELECT fktable::text AS of, fkcols[1] AS col, pktable::text AS catalogue, pkcols[1] AS oid FROM pg_get_catalog_foreign_keys() WHERE cardinality(fkcols) = 1 AND NOT is_array AND pktable::text = ANY (''{${asked.join(',')}}'')' LOOP
      BEGIN
        EXECUTE format('SELECT jsonb_agg(jsonb_build_array(%L, f.%I::text, %L, (SELECT n.nspname || ''.'' FROM pg_namespace n WHERE n.oid::text = coalesce(j->>''relnamespace'', j->>''pronamespace'', j->>''typnamespace'', j->>''connamespace'')), coalesce(j->>''relname'', j->>''proname'', j->>''typname'', j->>''nspname'', j->>''conname'', j->>''tgname'', j->>''rulename'', j->>''polname'', (SELECT concat_ws(''.'', c.relname, j->>''attname'') FROM pg_class c WHERE c.oid::text = coalesce(j->>''inhrelid'', j->>''attrelid'', j->>''adrelid'')), CASE WHEN j ? ''attname'' THEN ''columns'' END, j->>''oid'', ''entry''))) FROM %s f, LATERAL to_jsonb(f) j WHERE f.%I <> 0 AND NOT EXISTS (SELECT FROM %s p WHERE p.%I = f.%I)',
          each.catalogue, each.col, format('%s.%s', each.of, each.col), each.of, each.col, CASE each.catalogue WHEN 'pg_authid' THEN 'pg_roles' ELSE each.catalogue END, each.oid, each.col) INTO part;
        found := found || coalesce(part, '[]');
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
    END LOOP;
  END IF;
  PERFORM set_config('sauvegarde.found', (SELECT coalesce(jsonb_agg(jsonb_build_object('catalogue', catalogue, 'oid', oid, 'columns', columns, 'objects', objects) ORDER BY catalogue, oid), '[]') FROM
    (SELECT e->>0 AS catalogue, e->>1 AS oid, jsonb_agg(DISTINCT e->>2) AS columns, jsonb_agg(DISTINCT format('%s%s (%s)', e->>3, e->>4, split_part(e->>2, '.', 1))) AS objects FROM jsonb_array_elements(found) e GROUP BY 1, 2) g)::text, true);
END $sauvegarde$`);
}

const kinds: Record<string, string> = {
  pg_authid: 'ROLE',
  pg_namespace: 'SCHEMA',
  pg_class: 'TABLE',
  pg_proc: 'FUNCTION',
  pg_type: 'TYPE',
  pg_language: 'LANGUAGE',
  pg_am: 'ACCESS METHOD',
  pg_constraint: 'CONSTRAINT',
  pg_extension: 'EXTENSION',
};

/** Describes it, with the statements that mend the source. */
export function flawOfReference({ catalogue, oid, columns, objects }: BrokenReference): Flaw {
  const kind = kinds[catalogue] ?? 'OBJECT';
  const [relations, others] = [objects.filter((name) => name.endsWith(' (pg_class)')), objects.filter((name) => !name.endsWith(' (pg_class)'))];
  const lost =
    catalogue === 'pg_namespace' && relations.length > 0 ? '. Rows of tables without a schema are not in the backup, because no statement can name them' : '';
  return {
    what: `${kind} with the number ${oid}: the catalogue lacks it, and these name it: ${shortened([...relations, ...others]).join(', ')}${lost}`,
    remedy: remedyFor(catalogue, oid, columns),
  };
}

function remedyFor(catalogue: string, oid: string, columns: readonly string[]): string {
  const parts = columns.map((column) => column.split('.') as [string, string]);
  const set = (value: string) => parts.map(([of, column]) => `UPDATE pg_catalog.${of} SET ${column} = ${value} WHERE ${column} = ${oid};`).join(' ');
  if (catalogue === 'pg_authid') return `as a superuser, give them another owner: ${set('(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)')}`;
  if (catalogue === 'pg_namespace') return `as a superuser, give them another schema: CREATE SCHEMA rescued; ${set("'rescued'::regnamespace")}`;
  if (!parts.every(([, column]) => belongings.test(column))) return elsewhere;
  const named = new Set(columns);
  const children = `(SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = ${oid})`;
  const before = [
    ...(named.has('pg_inherits.inhparent')
      ? [
          `UPDATE pg_catalog.pg_attribute SET attislocal = true, attinhcount = 0 WHERE attrelid IN ${children};`,
          `UPDATE pg_catalog.pg_constraint SET conislocal = true, coninhcount = 0 WHERE conrelid IN ${children};`,
          `UPDATE pg_catalog.pg_class SET relispartition = false, relpartbound = NULL WHERE relispartition AND oid IN ${children};`,
        ]
      : []),
    ...(named.has('pg_type.typrelid') ? [`DELETE FROM pg_catalog.pg_type WHERE typelem IN (SELECT oid FROM pg_catalog.pg_type WHERE typrelid = ${oid});`] : []),
    ...parts
      .filter(([of]) => of === 'pg_constraint')
      .map(([of, column]) => `DELETE FROM pg_catalog.pg_trigger WHERE tgconstraint IN (SELECT oid FROM pg_catalog.${of} WHERE ${column} = ${oid});`),
  ];
  const removing = parts.map(([of, column]) => `DELETE FROM pg_catalog.${of} WHERE ${column} = ${oid};`);
  return `as a superuser, remove what is left of it: ${[...before, ...removing].join(' ')}${catalogue === 'pg_class' ? ' If it had rows, restore them from an older backup' : ''}`;
}

/** Columns of entries that are a part of the one that they name. */
const belongings =
  /^(inhparent|inhrelid|conrelid|confrelid|indrelid|indexrelid|tgrelid|tgfoid|ev_class|polrelid|adrelid|attrelid|seqrelid|partrelid|starelid|stxrelid|prrelid|typrelid|conindid|tgconstrrelid|tgconstrindid|tgconstraint)$/;
