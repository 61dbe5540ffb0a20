import { searchPathOf } from '../dump/database-settings.ts';
import { clausesIn } from '../restore/check-clauses.ts';
import { RestoreScript } from '../restore/restore-script.ts';
import { textOf } from '../restore/run-script.ts';
import { asItWas, textDigest, textTable } from '../restore/text-table.ts';
import { copiedColumns, copiedTable } from '../script/plain-dump.ts';
import { identifier, literal } from '../sql-text.ts';
import type { ProofContext } from './proof-context.ts';
import { digestOf, type Refused, refusedOf } from './refused.ts';
import { restorer } from './scratch-database.ts';

/** A CHECK that was removed so that rows load. */
interface Removed {
  table: string;
  name: string;
  isDomain: boolean;
  /** The table or domain as it is written. */
  of: string;
  definition: string;
  /** Functions of the database's own that it calls. */
  functions: string[];
}

/** Outcome of loading rows that were refused at first. */
export interface Again {
  /** COPY statements that were refused again. */
  refused: Refused[];
  /** CHECKs without which the rows loaded, and the reason why the server refused them. */
  checks: Refused[];
  /**
   * COPY statements that ran with the source's search path; partitions that had to be loaded apart from their tables,
   * and columns whose values cannot be computed.
   */
  others: Refused[];
  /** Tables whose rows are in columns of text. */
  asText: string[];
}

/**
 * Loads rows again that were refused, into tables without their CHECKs: these may ask for rows that come later, or for
 * settings of the source. If that does not help, with the source's search path; then without their place as a
 * partition; then without expressions of generated columns; then into a table of text. Puts the CHECKs back after all
 * rows are there, where they hold.
 */
export async function loadAgain(context: ProofContext, copies: readonly Refused[]): Promise<Again> {
  if (copies.length === 0) return { refused: [], checks: [], others: [], asText: [] };
  const tables = new Map(copies.map((copy) => [tableIn(copy), copy]));
  const removed = await removeChecks(context, [...tables.keys()]);
  await emptyRoots(context, [...tables.keys()]);
  let refused = await rowsOf(context, copies);
  const withPath = await rowsOf(context, refused, { path: searchPathOf(context.expected) });
  const others = refused.filter(({ digest }) => !withPath.some((each) => each.digest === digest)).map((each): Refused => ({ ...each, comesBack: true }));
  refused = withPath;
  const apart = refused.length === 0 ? [] : await detach(context, refused);
  if (apart.length > 0) refused = await rowsOf(context, refused);
  const uncomputed = refused.length === 0 ? [] : await emptyExpressions(context, refused);
  if (uncomputed.length > 0) {
    refused = await rowsOf(context, refused);
    others.push(...uncomputed);
  }
  const asText = await setAside(context, refused);
  if (asText.length > 0) {
    refused = await rowsOf(context, refused);
    others.push(...asText);
  }
  const attaching = await attachmentsOf(context, apart);
  others.push(...attaching);
  const clauses = await clausesOf(context);
  const checks: Refused[] = [];
  for (const check of removed) {
    const copy = tables.get(check.table);
    const adding = `ALTER ${check.isDomain ? 'DOMAIN' : 'TABLE'} ${check.of} ADD CONSTRAINT ${identifier(check.name)} ${check.definition}`;
    const { refusals } = await context.scratch.run(textOf(["SET client_encoding = 'UTF8';", `${adding};`]), { user: restorer, whole: false });
    const isNamed = copy?.reason.includes(`"${check.name}"`) ?? false;
    if (refusals.length === 0 && !isNamed && check.functions.length === 0) continue;
    const clause = clauses.find(
      ({ adding: each, name }) => name === check.name && each.startsWith(`ALTER ${check.isDomain ? 'DOMAIN' : 'TABLE'} ${latin1(check.of)} ADD `),
    );
    const calls = check.functions.length > 0 ? `; it calls ${check.functions.join(', ')}` : '';
    const why = refusals[0]?.reason ?? `its rows load only after those of other tables (${copy?.reason})`;
    checks.push({
      object: `CHECK CONSTRAINT ${check.of} ${check.name}`,
      statement: `${clause?.adding ?? latin1(adding)};`,
      digest: clause?.digest ?? digestOf(latin1(`${adding};`)),
      reason: `${why}${calls}`,
    });
  }
  return { refused, checks, others, asText: asText.map(tableIn) };
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Returns the table of a COPY, as it is written. */
export function tableIn({ statement }: Refused): string {
  return copiedTable(Buffer.from(statement, 'latin1'), (bytes) => bytes.toString()) ?? '';
}

/** Copies the rows of these statements alone. */
async function rowsOf({ scratch, open, options }: ProofContext, copies: readonly Refused[], { path = '' } = {}): Promise<Refused[]> {
  if (copies.length === 0) return [];
  const wanted = new Set(copies.map(({ digest }) => digest));
  const rule = (statement: string) =>
    copiedTable(Buffer.from(statement)) !== undefined || /^(SET (?!SESSION )|SELECT pg_catalog\.set_config\()/.test(statement) ? 'pass' : 'drop';
  const refused = await refusedOf(scratch, ({ passed }) =>
    new RestoreScript(rule, { options, lenient: true, only: wanted, path, ...(passed && { passed }) }).from(open()),
  );
  return refused.filter((each) => tableIn(each) !== ''); // an older server does not know every setting
}

/** Makes generated columns empty, whose expressions fail. */
async function emptyExpressions({ scratch }: ProofContext, refused: readonly Refused[]): Promise<Refused[]> {
  const list = refused.map((copy) => `(${literal(tableIn(copy))})`).join(', ');
  const found = await scratch.ask<{ table: string; column: string }[]>(
    `SELECT coalesce(json_agg(json_build_object('table', w.name, 'column', quote_ident(a.attname))), '[]') FROM (VALUES ${list}) w (name) JOIN pg_attribute a ON a.attrelid = to_regclass(w.name) AND a.attgenerated = 's'`,
  );
  const each = found.map(({ table, column }): Refused => {
    const statement = latin1(`ALTER TABLE ${table} ALTER COLUMN ${column} SET EXPRESSION AS (NULL);`);
    const reason = refused.find((copy) => tableIn(copy) === table)?.reason ?? '';
    return { object: `GENERATED COLUMN ${table}.${column}`, statement, digest: digestOf(statement), reason };
  });
  const statements = each.map(({ statement }) => Buffer.from(statement, 'latin1').toString());
  if (each.length > 0) await scratch.run(textOf(["SET client_encoding = 'UTF8';", ...statements]), { user: restorer, whole: false });
  return each;
}

async function removeChecks({ scratch }: ProofContext, tables: string[]): Promise<Removed[]> {
  const list = tables.map((table) => `(${literal(table)})`).join(', ');
  const calls = `(SELECT coalesce(json_agg(DISTINCT d.refobjid::regprocedure::text), '[]') FROM pg_depend d WHERE d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND d.refclassid = 'pg_proc'::regclass)`;
  const found = await scratch.ask<Removed[]>(`WITH RECURSIVE wanted (name) AS (VALUES ${list}),
    tables (name, oid) AS (SELECT name, to_regclass(name)::oid FROM wanted UNION SELECT t.name, i.inhparent FROM tables t JOIN pg_inherits i ON i.inhrelid = t.oid),
    domains (name, oid) AS (SELECT t.name, a.atttypid FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
      UNION SELECT m.name, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END FROM domains m JOIN pg_type t ON t.oid = m.oid WHERE t.typtype = 'd' OR t.typelem <> 0)
    SELECT coalesce(json_agg(json_build_object('table', f.name, 'name', k.conname, 'isDomain', f.is_domain, 'of', f.of, 'definition', pg_get_constraintdef(k.oid), 'functions', ${calls})), '[]')
    FROM (SELECT DISTINCT ON (k.oid) k.oid, t.name, false AS is_domain, t.oid::regclass::text AS of FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'c' AND k.coninhcount = 0
      UNION ALL SELECT DISTINCT ON (k.oid) k.oid, m.name, true, m.oid::regtype::text FROM domains m JOIN pg_constraint k ON k.contypid = m.oid AND k.contype = 'c') f JOIN pg_constraint k ON k.oid = f.oid`);
  const drops = found.map(({ isDomain, of, name }) => `ALTER ${isDomain ? 'DOMAIN' : 'TABLE'} ${of} DROP CONSTRAINT ${identifier(name)};`);
  if (drops.length > 0) await scratch.run(textOf(["SET client_encoding = 'UTF8';", ...drops]), { user: restorer, whole: false });
  return found;
}

/** Empties partitioned tables, some of whose blocks of rows may have loaded. All blocks are loaded again. */
async function emptyRoots({ scratch }: ProofContext, tables: string[]): Promise<void> {
  const list = tables.map((table) => `(${literal(table)})`).join(', ');
  const roots = await scratch.ask<string[]>(
    `SELECT coalesce(json_agg(w.name), '[]') FROM (VALUES ${list}) w (name) JOIN pg_class c ON c.oid = to_regclass(w.name) AND c.relkind = 'p'`,
  );
  const statements = roots.map((root) => `TRUNCATE TABLE ${root};`);
  if (statements.length > 0) await scratch.run(textOf(["SET client_encoding = 'UTF8';", ...statements]), { user: restorer, whole: false });
}

/** Detaches those tables that are partitions, and returns their COPYs. */
async function detach({ scratch }: ProofContext, copies: readonly Refused[]): Promise<Refused[]> {
  const list = copies.map((copy) => `(${literal(tableIn(copy))})`).join(', ');
  const found = await scratch.ask<
    { table: string; parent: string }[]
  >(`SELECT coalesce(json_agg(json_build_object('table', w.name, 'parent', i.inhparent::regclass::text)), '[]')
    FROM (VALUES ${list}) w (name) JOIN pg_class c ON c.oid = to_regclass(w.name) AND c.relispartition JOIN pg_inherits i ON i.inhrelid = c.oid`);
  const statements = found.map(({ table, parent }) => `ALTER TABLE ${parent} DETACH PARTITION ${table};`);
  if (statements.length > 0) await scratch.run(textOf(["SET client_encoding = 'UTF8';", ...statements]), { user: restorer, whole: false });
  return copies.filter((copy) => found.some(({ table }) => table === tableIn(copy)));
}

/** Finds the dump's statements that attach these partitions. */
async function attachmentsOf({ open }: ProofContext, apart: readonly Refused[]): Promise<Refused[]> {
  if (apart.length === 0) return [];
  const reasons = new Map(apart.map((copy) => [`TABLE ATTACH ${copy.object.replace(/^TABLE DATA /, '')}`, copy.reason]));
  const found: Refused[] = [];
  const passed = (bytes: Buffer, { object }: { object: string }) => {
    const [statement, reason] = [bytes.toString('latin1'), reasons.get(object)];
    if (reason !== undefined && statement.startsWith('ALTER TABLE ')) found.push({ object, statement, digest: digestOf(statement), reason });
  };
  for await (const _ of new RestoreScript(() => 'pass', { lenient: true, passed }).from(open()));
  return found;
}

/** Renames tables that do not take their rows, and makes others of text in their places. */
async function setAside({ scratch }: ProofContext, refused: readonly Refused[]): Promise<Refused[]> {
  const made: Refused[] = [];
  for (const copy of refused) {
    const table = tableIn(copy);
    const columns = copiedColumns(Buffer.from(copy.statement, 'latin1')).map((column) => Buffer.from(column, 'latin1').toString());
    const statements = [`ALTER TABLE ${table} RENAME TO ${identifier(asItWas(table))};`, textTable(table, columns)];
    const { refusals } = await scratch.run(textOf(["SET client_encoding = 'UTF8';", ...statements]), { user: restorer, whole: false });
    if (refusals.length === 0) made.push({ ...copy, digest: textDigest(latin1(table)) });
  }
  return made;
}

/** Finds the CHECKs inside the dump's statements. */
async function clausesOf({ open }: ProofContext): Promise<ReturnType<typeof clausesIn>> {
  const found: ReturnType<typeof clausesIn> = [];
  const script = new RestoreScript(() => 'pass', { lenient: true, passed: (statement) => found.push(...clausesIn(statement.toString('latin1'))) });
  for await (const _ of script.from(open()));
  return found;
}
