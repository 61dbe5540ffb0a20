import type { Session } from '../connect/session.ts';

/** Digests of what a server says of its objects, by kind and name: `{ FUNCTION: { 'public.f(integer)': '01ab…' } }`. */
export type Definitions = Record<string, Record<string, string>>;

/**
 * Kinds whose text the server makes from its own tree of the expression. Servers of other versions word it otherwise,
 * and casts and brackets can change when it is read again, so the digests are without those.
 */
const worded = ['DEFAULT', 'VIEW', 'INDEX', 'CONSTRAINT', 'TRIGGER', 'RULE', 'POLICY', 'GRANT'];

const ofExtension = (catalogue: string, oid: string) =>
  `EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalogue}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;
const own = (catalogue: string, oid: string) =>
  `${oid} >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT ${ofExtension(catalogue, oid)}`;
const inClass = (kinds: string) =>
  `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind IN (${kinds}) AND c.relpersistence <> 't' AND ${own('pg_class', 'c.oid')}`;
const relation = "format('%I.%I', n.nspname, c.relname)";
const part = "format('%I.%I %I', n.nspname, c.relname, ";

/** Queries of an object's name and text. None locks more than pg_dump does. */
const queries: Record<string, string> = {
  TABLE: `SELECT ${relation}, concat_ws('|', c.relkind, CASE WHEN c.relkind <> 'p' THEN c.relpersistence END, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
      (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation), ',' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid)) FROM ${inClass("'r', 'p', 'f'")}`,
  SEQUENCE: `SELECT ${relation}, concat_ws('|', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle) FROM ${inClass("'S'")} JOIN pg_sequence s ON s.seqrelid = c.oid`,
  FUNCTION: `SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), concat_ws('|', p.prokind, l.lanname, CASE WHEN to_jsonb(p)->>'prosqlbody' IS NULL THEN p.prosrc END, p.probin, p.provolatile, p.proisstrict, p.prosecdef, p.proleakproof, p.proparallel,
      (SELECT string_agg(g, ',' ORDER BY g) FROM unnest(p.proconfig) g), pg_get_function_result(p.oid)) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE ${own('pg_proc', 'p.oid')}
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')`,
  TYPE: `SELECT format('%I.%I', n.nspname, t.typname), concat_ws('|', t.typtype, CASE WHEN t.typbasetype <> 0 THEN format_type(t.typbasetype, t.typtypmod) END, t.typnotnull, (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
      (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)), ',' ORDER BY a.attnum) FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid AND k.relkind = 'c' WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'c') AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class k WHERE k.oid = t.typrelid AND k.relkind = 'c')) AND ${own('pg_type', 't.oid')}`,
  COMMENT: `SELECT i.type || ' ' || i.identity, d.description FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    WHERE d.objoid >= 16384 AND i.identity IS NOT NULL AND d.classoid <> 'pg_extension'::regclass AND i.schema IS DISTINCT FROM 'information_schema' AND coalesce(i.schema, '') !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = d.classoid AND x.objid = d.objoid AND x.deptype = 'e')`,
  DEFAULT: `SELECT ${part}a.attname), pg_get_expr(e.adbin, e.adrelid) FROM ${inClass("'r', 'p', 'f', 'v'")} JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_attrdef e ON e.adrelid = c.oid AND e.adnum = a.attnum`,
  VIEW: `SELECT ${relation}, pg_get_viewdef(c.oid) FROM ${inClass("'v', 'm'")}`,
  INDEX: `SELECT ${relation}, pg_get_indexdef(c.oid) FROM ${inClass("'i', 'I'")} WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) AND NOT c.relispartition`,
  CONSTRAINT: `SELECT ${part}k.conname), pg_get_constraintdef(k.oid) FROM ${inClass("'r', 'p', 'f'")} JOIN pg_constraint k ON k.conrelid = c.oid AND k.conparentid = 0 AND k.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL SELECT format('%I.%I %I', n.nspname, t.typname, k.conname), pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE k.contype = 'c' AND ${own('pg_type', 't.oid')}`,
  TRIGGER: `SELECT ${part}t.tgname), concat(t.tgenabled, pg_get_triggerdef(t.oid)) FROM ${inClass("'r', 'p', 'f', 'v'")} JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'`,
  RULE: `SELECT ${part}r.rulename), concat(r.ev_enabled, pg_get_ruledef(r.oid)) FROM ${inClass("'r', 'p', 'v'")} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'`,
  POLICY: `SELECT ${part}o.polname), concat_ws('|', o.polcmd, o.polpermissive, (SELECT string_agg(coalesce(r.rolname, 'public'), ',' ORDER BY r.rolname) FROM unnest(o.polroles) u LEFT JOIN pg_roles r ON r.oid = u), pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid)) FROM ${inClass("'r', 'p'")} JOIN pg_policy o ON o.polrelid = c.oid`,
  GRANT: `SELECT 'TABLE ' || ${relation}, (SELECT string_agg(g::text, ',' ORDER BY g::text) FROM unnest(c.relacl) g) FROM ${inClass("'r', 'p', 'f', 'v', 'm', 'S'")} WHERE c.relacl IS NOT NULL
    UNION ALL SELECT 'COLUMN ' || ${part}a.attname), (SELECT string_agg(g::text, ',' ORDER BY g::text) FROM unnest(a.attacl) g) FROM ${inClass("'r', 'p', 'f', 'v', 'm'")} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL SELECT 'FUNCTION ' || format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), (SELECT string_agg(g::text, ',' ORDER BY g::text) FROM unnest(p.proacl) g) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proacl IS NOT NULL AND ${own('pg_proc', 'p.oid')}`,
};

/** Casts and white space, and brackets, which come and go when an expression is read again. */
const unsteady = String.raw`::[a-z_"][a-z0-9_". ]*(\([0-9, ]+\))?(\[\])*|[()\s]`;

function digestsOf(kind: string): string {
  const text = worded.includes(kind) && kind !== 'GRANT' ? `regexp_replace(text, '${unsteady}', '', 'g')` : 'text';
  // its bytes: a grant can name a role that this encoding cannot hold
  const bytes = `replace(coalesce(${text}, ''), chr(92), repeat(chr(92), 2))::bytea`;
  const digest = `left(encode(sha256(${bytes}), 'hex'), 16)`;
  return `(SELECT json_object_agg(name, digest) FROM (SELECT name, string_agg(${digest}, '' ORDER BY ${digest}) AS digest FROM (${queries[kind]}) q (name, text) GROUP BY name) g)`;
}

/** Text of a query that gives the digests of all objects as JSON, a catalogue query for each kind. */
export const definitionsSql = `SELECT json_strip_nulls(json_build_object(${Object.keys(queries)
  .map((kind) => `'${kind}', ${digestsOf(kind)}`)
  .join(', ')}))`;

/** Longest wait for a lock of another session, which pg_dump's own lock may be before. */
const longestWait = '2s';

/**
 * Takes the digests in the session's snapshot. Returns the error that they could not be taken for, such as somebody who
 * waits to change a table: then nobody waits longer for us, and the session is over.
 */
export async function definitionsOf(session: Session): Promise<Definitions | Error> {
  try {
    return await session.json<Definitions>(`SET LOCAL lock_timeout = '${longestWait}'; SET LOCAL statement_timeout = '10min'; ${definitionsSql}`);
  } catch (error) {
    return error as Error; // the dump is not worse for it
  }
}

/** Returns the digests that are in both; one that could not be taken means none. */
export function commonDefinitions(one: Definitions | Error, other: Definitions | Error): Definitions | Error {
  if (one instanceof Error || other instanceof Error) return one instanceof Error ? one : other;
  const common = (kind: string, objects: Definitions[string]) => Object.entries(objects).filter(([name, digest]) => other[kind]?.[name] === digest);
  return Object.fromEntries(Object.entries(one).map(([kind, objects]) => [kind, Object.fromEntries(common(kind, objects))]));
}

/**
 * Compares what the restored database says of its objects with what the source said. Lists those that are other, and
 * those that are missing. Leaves out what servers of other versions word otherwise.
 */
export function compareDefinitions(
  expected: Definitions,
  found: Definitions,
  { isSameVersion }: { isSameVersion: boolean },
): { changed: { what: string; isExact: boolean }[]; missing: string[] } {
  const kinds = Object.entries(expected).filter(([kind]) => isSameVersion || !worded.includes(kind));
  const each = kinds.flatMap(([kind, objects]) =>
    Object.entries(objects).map(([name, digest]) => ({ what: `${kind} ${name}`, isExact: !worded.includes(kind), digest, there: found[kind]?.[name] })),
  );
  return {
    changed: each.filter(({ digest, there }) => there !== undefined && there !== digest).map(({ what, isExact }) => ({ what, isExact })),
    missing: each.filter(({ there }) => there === undefined).map(({ what }) => what),
  };
}

/**
 * Returns the changed ones without expressions that the restored database words otherwise than the dump (`details` of
 * what was lost): servers do that to some.
 */
export function withoutReworded(changed: ReturnType<typeof compareDefinitions>['changed'], details: readonly string[]): typeof changed {
  const isReworded = (what: string) => details.some((detail) => detail.includes(what.replace(/^[A-Z ]+ /, '').split(' ')[0] ?? what));
  return changed.filter(({ what, isExact }) => isExact || !isReworded(what));
}
