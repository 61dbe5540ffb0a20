import type { Flaw } from '../../../documents/flaw.ts';
import type { Session } from '../connect/session.ts';
import { literal } from '../sql-text.ts';
import type { Beside } from './beside.ts';
import { onLine } from './on-line.ts';
import { copiesOf, type Readable, readableRows, refusal, unreadIn } from './readable-rows.ts';

/** Parts that a dump leaves out because the catalogue is damaged, and pg_dump would not begin. */
export interface Spared {
  /** Tables, views and sequences, as SQL writes them. */
  relations: string[];
  /** All relations, if the damage lies elsewhere: pg_dump then writes them alone, and types and functions are ours. */
  alone: string[];
  /** The words of pg_dump. */
  reason: string;
}

/** Largest number of relations that are spared. */
const most = 20;

const relations = `SELECT coalesce(json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY c.oid), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/**
 * Finds the relations without which pg_dump begins, by halves; or that it begins with tables alone. `begins` tries a
 * dump of definitions with these arguments. Undefined if it begins as it is, or not at all.
 */
export async function sparedFrom(session: Session, begins: (args: string[]) => Promise<boolean>, reason: string): Promise<Spared | undefined> {
  const all = await session.json<string[]>(relations);
  const without = (names: readonly string[]) => names.map((name) => `--exclude-table=${name}`);
  if (await begins([])) return undefined;
  const found: string[] = [];
  const search = async (some: readonly string[]): Promise<void> => {
    const among = new Set(some);
    if (found.length > most || (await begins(without(all.filter((name) => !among.has(name)))))) return;
    if (some.length === 1) return void found.push(...some);
    const middle = Math.ceil(some.length / 2);
    await search(some.slice(0, middle));
    await search(some.slice(middle));
  };
  if (await begins(without(all))) await search(all);
  else if (await begins(tablesAlone(all))) return { relations: [], alone: all, reason };
  return found.length > 0 && found.length <= most && (await begins(without(found))) ? { relations: found, alone: [], reason } : undefined;
}

export function argumentsSparing({ relations, alone }: Spared): string[] {
  return [...(alone.length > 0 ? tablesAlone(alone) : []), ...relations.map((name) => `--exclude-table=${name}`)];
}

function tablesAlone(names: readonly string[]): string[] {
  return ['--large-objects', ...names.map((name) => `--table=${name}`)];
}

/** Parts of a dump that we write ourselves, because pg_dump cannot. */
export interface Apart {
  /** Statements that make schemas, types, functions and tables. */
  beginning: string;
  /** Rows of the tables. */
  rows(): AsyncGenerator<Uint8Array>;
  /** Everything that is not in the dump, or not as it was. */
  flaws: Flaw[];
}

/** Writes what pg_dump spares, as far as the server can give it. */
export async function writtenApart(beside: Beside, { relations, alone, reason }: Spared): Promise<Apart> {
  const definitions = alone.length > 0 ? await definitionsApart(beside) : { text: '', flaws: [] };
  const tables = relations.length > 0 ? await tablesApart(beside, relations) : [];
  const remedy =
    'the catalogue of the database is damaged: restore this backup into a new database, and what is missing there from an older one; then let it take the place of the damaged one';
  return {
    beginning: definitions.text + tables.map(({ making }) => making).join(''),
    async *rows() {
      for (const { name, columns, readable, header } of tables) {
        yield Buffer.from(`${header}COPY ${name} (${columns.join(', ')}) FROM stdin;\n`);
        yield* beside.text(copiesOf(name, columns, readable));
        yield Buffer.from('\\.\n\n\n');
      }
    },
    flaws: [
      ...relations.map((name) => {
        const readable = tables.find((table) => table.name === name)?.readable;
        const left = readable && readable.rows + readable.pages > 0 ? ` (${unreadIn(readable)})` : '';
        const what = readable ? `the backup has its columns and rows alone${left}` : 'it is not in the backup';
        return { what: `TABLE ${name}: pg_dump cannot read its definition, and ${what}: ${reason}`, remedy };
      }),
      ...(alone.length > 0
        ? [
            {
              what: `CATALOGUE: only tables, views, sequences, types, functions and large objects are in the backup, as far as they can be read: ${reason}`,
              remedy,
            },
          ]
        : []),
      ...definitions.flaws,
    ],
  };
}

interface TableApart {
  name: string;
  columns: string[];
  readable: Readable;
  /** Statement that makes it, and comment above its rows. */
  making: string;
  header: string;
}

/** Finds those tables whose rows can be read. */
async function tablesApart(beside: Beside, relations: readonly string[]): Promise<TableApart[]> {
  const list = relations.map((name) => literal(name)).join(', ');
  await using session = await beside.session();
  const found = await session.json<{ name: string; schema: string; table: string; columns: string[]; types: string[] }[]>(
    `SELECT coalesce(json_agg(json_build_object('name', format('%I.%I', n.nspname, c.relname), 'schema', n.nspname, 'table', c.relname, 'columns', k.columns, 'types', k.types)), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
      LATERAL (SELECT json_agg(quote_ident(a.attname) ORDER BY a.attnum), json_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') k (columns, types)
      WHERE c.relkind = 'r' AND k.columns IS NOT NULL AND format('%I.%I', n.nspname, c.relname) IN (${list})`,
  );
  const tables: TableApart[] = [];
  for (const { name, schema, table, columns, types } of found) {
    const readable = await readableRows(beside, name, columns, 0).catch(refusal);
    if (!readable || readable.ranges.length === 0) continue;
    const header = (data: string, type: string) => `--\n-- ${data}Name: ${onLine(table)}; Type: ${type}; Schema: ${onLine(schema)}; Owner: -\n--\n\n`;
    const definitions = columns.map((column, at) => `    ${column} ${types[at]}`).join(',\n');
    const making = `${header('', 'TABLE')}CREATE TABLE ${name} (\n${definitions}\n);\n\n\n`;
    tables.push({ name, columns, readable, making, header: header('Data for ', 'TABLE DATA') });
  }
  return tables;
}

const own = (schema: string, catalogue: string, oid: string) =>
  `${schema} !~ '^pg_' AND ${schema} <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype IN ('e', 'i'))`;

/** Queries of objects: kind, name, schema, and an expression that gives the statement. */
const objects = [
  `SELECT 'SCHEMA', n.nspname, '-', format('CREATE SCHEMA %I;', n.nspname) FROM pg_namespace n WHERE ${own('n.nspname', 'pg_namespace', 'n.oid')} AND n.nspname <> 'public'`,
  `SELECT 'EXTENSION', x.extname, '-', format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I;', x.extname, n.nspname) FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql'`,
  `SELECT 'TYPE', t.typname, n.nspname, format(E'CREATE TYPE %I.%I AS ENUM (\\n    %s\\n);', n.nspname, t.typname, (SELECT string_agg(quote_literal(e.enumlabel), E',\\n    ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${own('n.nspname', 'pg_type', 't.oid')}`,
  `SELECT 'TYPE', t.typname, n.nspname, format(E'CREATE TYPE %I.%I AS (\\n\\t%s\\n);', n.nspname, t.typname, (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), E',\\n\\t' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
    FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c' JOIN pg_namespace n ON n.oid = t.typnamespace WHERE ${own('n.nspname', 'pg_type', 't.oid')}`,
  `SELECT 'DOMAIN', t.typname, n.nspname, concat(format('CREATE DOMAIN %I.%I AS %s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod)), CASE WHEN t.typnotnull THEN ' NOT NULL' END, ' DEFAULT ' || t.typdefault,
      (SELECT string_agg(format(E'\\n\\tCONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), ';') FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND ${own('n.nspname', 'pg_type', 't.oid')}`,
];

/** Functions one by one: the server may refuse to give one. */
const functions = `SELECT p.oid, p.prokind, p.proname, n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own('n.nspname', 'pg_proc', 'p.oid')} ORDER BY p.oid`;

/**
 * Asks for the statements that make schemas, extensions, types and functions, as text of a dump, and for what the
 * server refuses to give.
 */
async function definitionsApart(beside: Beside): Promise<{ text: string; flaws: Flaw[] }> {
  const { made, refused } = await beside.found<{ made: [string, string, string, string][]; refused: [string, string][] }>(`DO $sauvegarde$
DECLARE made jsonb := '[]'; refused jsonb := '[]'; part jsonb; each record;
BEGIN
${objects
  .map(
    (query) => `  BEGIN
    SELECT coalesce(jsonb_agg(jsonb_build_array(kind, name, schema, statement)), '[]') INTO part FROM (${query}) o (kind, name, schema, statement) WHERE statement IS NOT NULL;
    made := made || part;
  EXCEPTION WHEN OTHERS THEN refused := refused || jsonb_build_array(jsonb_build_array('some types', SQLERRM));
  END;`,
  )
  .join('\n')}
  FOR each IN ${functions} LOOP
    BEGIN
      part := jsonb_build_array(CASE each.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, format('%s(%s)', each.proname, pg_get_function_identity_arguments(each.oid)), each.nspname, pg_get_functiondef(each.oid) || ';');
      made := made || jsonb_build_array(part);
    EXCEPTION WHEN OTHERS THEN refused := refused || jsonb_build_array(jsonb_build_array(format('FUNCTION %I.%I', each.nspname, each.proname), SQLERRM));
    END;
  END LOOP;
  PERFORM set_config('sauvegarde.found', jsonb_build_object('made', made, 'refused', refused)::text, true);
END $sauvegarde$`);
  const statements = made.map(
    ([kind, name, schema, statement]) => `--\n-- Name: ${onLine(name)}; Type: ${kind}; Schema: ${onLine(schema)}; Owner: -\n--\n\n${statement}\n\n\n`,
  );
  const flaws = refused.map(([what, reason]) => ({
    what: `${what}: the server cannot give the definition, and it is not in the backup: ${reason}`,
    remedy: 'make it again from what the application keeps of it',
  }));
  return { text: statements.join(''), flaws };
}

const settings = '\nSET row_security = off;\n';

/** Puts text behind the settings with which a dump begins. */
export async function* withBeginning(dump: AsyncIterable<Uint8Array>, beginning: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  let held: Buffer | undefined = Buffer.alloc(0);
  try {
    for await (const block of dump) {
      if (held === undefined) {
        yield block;
        continue;
      }
      held = Buffer.concat([held, block]);
      const at: number = held.indexOf(settings);
      if (at < 0) continue;
      const [head, rest] = [held.subarray(0, at + settings.length), held.subarray(at + settings.length)];
      held = undefined;
      yield* [head, Buffer.from('\n'), beginning, rest];
    }
  } finally {
    if (held !== undefined) yield held;
  }
}
