import type { Session } from '../connect/session.ts';

/** Digests of the values of stored generated columns, by table as SQL writes it: no dump holds those values. */
export type GeneratedValues = Record<string, string>;

/** Settings under which servers of all versions print a value alike. */
const printing =
  "SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 3; SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET row_security = off";

const tables = `SELECT coalesce(json_agg(json_build_array(format('%I.%I', n.nspname, c.relname), g.columns)), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    LATERAL (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated = 's' AND NOT a.attisdropped) g (columns)
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) AND g.columns IS NOT NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)`;

/**
 * Digests the values of each table, whatever their order, in a transaction of the session. Each table's lock is given
 * back at once. Calls output functions of types alone.
 */
export async function generatedValues(session: Session): Promise<GeneratedValues> {
  await session.ask(printing);
  const values: GeneratedValues = {};
  for (const [name, columns] of await session.json<[string, string][]>(tables)) {
    await session.ask('SAVEPOINT generated');
    values[name] = await session.json<string>(
      `SELECT to_json(coalesce(sum(('x' || left(md5(format('%s', ROW(${columns}))), 15))::bit(60)::bigint), 0)::text) FROM ONLY ${name}`,
    );
    await session.ask('ROLLBACK TO SAVEPOINT generated');
  }
  return values;
}
