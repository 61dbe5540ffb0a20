import type { Flaw } from '../../../documents/flaw.ts';
import type { Session } from '../connect/session.ts';
import { literal } from '../sql-text.ts';
import type { Beside } from './beside.ts';
import { brokenReferences, elsewhere, flawOfReference } from './broken-references.ts';
import { beforeTables, type DefinitionsApart, definitionsApart } from './definitions-apart.ts';
import { onOneLine } from './on-one-line.ts';
import { copiesOf, type Readable, readableRows, refusal, unreadIn } from './readable-rows.ts';
import { beforeRows, behindRows, ours } from './written-whole.ts';

/** Parts that a dump leaves out because the catalogue is damaged, and pg_dump would not begin. */
export interface Spared {
  /** Tables, views and sequences, as SQL writes them. */
  relations: string[];
  /** All relations, if the damage lies elsewhere: pg_dump then writes them alone, and types and functions are ours. */
  alone: string[];
  /** True if large objects are all that keeps pg_dump from beginning. */
  isWithoutLargeObjects?: boolean;
  /** True if pg_dump does not begin, whatever it leaves out: everything is ours. */
  isWhole?: boolean;
  /** Sequences whose values the server cannot give, as SQL writes them, and its words. */
  sequences?: UnreadSequence[];
  /** The words of pg_dump. */
  reason: string;
}

interface UnreadSequence {
  name: string;
  reason: string;
}

/** Largest number of relations that are spared. */
const most = 20;

/** The root of the partition `c`, as pg_dump would load it; a root that is gone is none. */
const rootOf = `(SELECT json_build_object('name', format('%I.%I', rn.nspname, r.relname), 'title', rn.nspname || '.' || r.relname,
    'ofEnum', EXISTS (SELECT FROM pg_partition_ancestors(c.oid) a JOIN pg_partitioned_table p ON p.partrelid = a.relid AND p.partstrat = 'h' JOIN pg_opclass o ON o.oid = ANY (p.partclass::oid[]) AND o.opcname = 'enum_ops'))
  FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE c.relispartition AND r.oid = pg_partition_root(c.oid))`;
const isOurs = `c.relpersistence <> 't' AND ${ours('c.oid')}`;
const relations = `SELECT coalesce(json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY c.oid), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** Lists the sequences whose values the server cannot give: their files are damaged or missing. */
const unreadableSequences = `DO $sauvegarde$
DECLARE each text; found jsonb := '[]';
BEGIN
  FOR each IN SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND ${isOurs} AND has_table_privilege(c.oid, 'SELECT') ORDER BY c.oid LOOP
    BEGIN
      EXECUTE 'SELECT last_value, is_called FROM ' || each;
    EXCEPTION WHEN OTHERS THEN found := found || jsonb_build_object('name', each, 'reason', SQLERRM);
    END;
  END LOOP;
  PERFORM set_config('sauvegarde.found', found::text, true);
END $sauvegarde$`;

/**
 * Finds the relations without which pg_dump begins, by halves; or that it begins with tables alone. `begins` tries a
 * dump of definitions with these arguments, and `beside` reads the same snapshot. Undefined if it begins as it is, or
 * if too much keeps it from that.
 */
export async function sparedFrom(
  session: Session,
  { begins, beside, major }: { begins: (args: string[]) => Promise<boolean>; beside: Beside; major: number },
  reason: string,
): Promise<Spared | undefined> {
  const all = await session.json<string[]>(relations);
  const without = (names: readonly string[]) => names.map((name) => `--exclude-table=${name}`);
  const unread = () => beside.found<UnreadSequence[]>(unreadableSequences).catch(() => []);
  if (await begins(['--large-objects'])) {
    const sequences = await unread();
    if (sequences.length === 0) return undefined;
    // from 18 on pg_dump reads the values of all sequences at once, whatever it is to leave out
    return { relations: [], alone: [], reason, sequences, ...(major >= 18 && { isWhole: true }) };
  }
  if (await begins([])) return { relations: [], alone: [], isWithoutLargeObjects: true, reason };
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
  else return { relations: [], alone: [], isWhole: true, sequences: await unread(), reason };
  return found.length > 0 && found.length <= most && (await begins(without(found))) ? { relations: found, alone: [], reason } : undefined;
}

export function argumentsSparing({ relations, alone, sequences = [], isWithoutLargeObjects = false }: Spared): string[] {
  return [
    ...sequences.map(({ name }) => `--exclude-table-data=${name}`),
    ...(isWithoutLargeObjects ? ['--no-large-objects'] : []),
    ...(alone.length > 0 ? tablesAlone(alone) : []),
    ...relations.map((name) => `--exclude-table=${name}`),
  ];
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
  /** Statements that stand behind rows. */
  ending: string;
  /** Everything that is not in the dump, or not as it was. */
  flaws: Flaw[];
}

const none: DefinitionsApart = { text: '', flaws: [] };

/** Writes what pg_dump spares, as far as the server can give it. */
export async function writtenApart(beside: Beside, spared: Spared, scattered: boolean): Promise<Apart> {
  return spared.isWhole ? await wholeApart(beside, spared, scattered) : await partsApart(beside, spared);
}

async function partsApart(beside: Beside, { relations, alone, sequences = [], isWithoutLargeObjects, reason }: Spared): Promise<Apart> {
  const broken = await brokenReferences(beside).catch(() => []);
  const definitions = alone.length > 0 ? await definitionsApart(beside, beforeTables) : none;
  const tables = relations.length > 0 ? (await tablesApart(beside, relations)).filter(({ readable }) => readable) : [];
  const ofRelations = relations.map((name) => {
    const readable = tables.find((table) => table.name === name)?.readable;
    const what = readable ? `the backup has its columns and rows alone${isRead(readable) ? '' : ` (${unreadIn(readable)})`}` : 'it is not in the backup';
    return { what: `TABLE ${name}: pg_dump cannot read its definition, and ${what}: ${reason}`, remedy: elsewhere };
  });
  const ofAll = {
    what: `CATALOGUE: only tables, views, sequences, types, functions and large objects are in the backup, as far as they can be read: ${reason}`,
    remedy: elsewhere,
  };
  const ofLargeObjects = { what: `CATALOGUE: pg_dump cannot write large objects, and the backup has them without it: ${reason}`, remedy: elsewhere };
  return {
    beginning: definitions.text + tables.map(({ making }) => making).join(''),
    rows: () => rowsOf(beside, tables),
    ending: '',
    flaws: [
      ...ofRelations,
      ...(alone.length > 0 ? [ofAll] : []),
      ...(isWithoutLargeObjects ? [ofLargeObjects] : []),
      ...sequences.map(flawOfSequence),
      ...broken.map(flawOfReference),
      ...definitions.flaws,
    ],
  };
}

function flawOfSequence({ name, reason }: UnreadSequence): Flaw {
  return {
    what: `SEQUENCE SET ${name}: its value cannot be read, and it begins anew: ${reason}`,
    remedy: `drop ${name}, make it again, and give it the value behind the last one that was used: SELECT setval(${literal(name)}, …)`,
  };
}

/** Writes everything, where pg_dump begins with nothing. */
async function wholeApart(beside: Beside, { sequences = [], reason }: Spared, scattered: boolean): Promise<Apart> {
  const broken = await brokenReferences(beside);
  const [beginning, ending] = [await definitionsApart(beside, [...beforeTables, ...beforeRows]), await definitionsApart(beside, behindRows)];
  const found = await tablesApart(beside);
  const without = new Set(beginning.flaws.map(({ what }) => what.split(':')[0]));
  const isUnmade = (title: string) => without.has(`TABLE ${title}`);
  const tables = found.filter(({ readable, title }) => readable || !isUnmade(title));
  const unmade = tables.filter(({ title }) => isUnmade(title));
  const loaded = tables.map((table) => {
    const { root, title, name } = table;
    const isThroughRoot = root && (scattered || root.ofEnum) && !isUnmade(title) && !isUnmade(root.title);
    return { ...table, into: isThroughRoot ? root.name : name };
  });
  const ofAll = {
    what: `CATALOGUE: pg_dump cannot begin, so the backup was written without it, and owners, grants and comments are not in it: ${reason}`,
    remedy: broken.length + sequences.length > 0 ? 'mend what the other lines name, and back up again' : elsewhere,
  };
  const ofRows = tables
    .filter(({ readable }) => !readable || !isRead(readable))
    .map(({ name, readable }) => ({ what: `TABLE DATA ${name}: ${readable ? unreadIn(readable) : 'none of its rows can be read'}`, remedy: elsewhere }));
  const ofEnding = ending.flaws.filter(({ what }) => sequences.length === 0 || !what.startsWith('SEQUENCE SET '));
  return {
    beginning: beginning.text + unmade.map(({ making }) => making).join(''),
    rows: () => rowsOf(beside, loaded),
    ending: ending.text,
    flaws: [ofAll, ...broken.map(flawOfReference), ...ofRows, ...sequences.map(flawOfSequence), ...beginning.flaws, ...ofEnding],
  };
}

function isRead({ rows, pages }: Readable): boolean {
  return rows + pages === 0;
}

/** Yields the rows of tables, each `into` itself, or into another that hands them on. */
async function* rowsOf(beside: Beside, tables: readonly (TableApart & { into?: string })[]): AsyncGenerator<Uint8Array> {
  for (const { name, columns, readable, header, into = name } of tables) {
    yield Buffer.from(`${header}COPY ${into} ${columns.length > 0 ? `(${columns.join(', ')})` : ''} FROM stdin;\n`);
    if (readable) yield* beside.text(copiesOf(name, columns, readable));
    yield Buffer.from('\\.\n\n\n');
  }
}

interface TableApart {
  name: string;
  /** `public.person`, without quotes. */
  title: string;
  columns: string[];
  /** Undefined if nothing of it can be read. */
  readable: Readable | undefined;
  /** The table whose partition it is, at the top; `ofEnum` if the hash of an enum divides it. */
  root: { name: string; title: string; ofEnum: boolean } | null;
  /** Statement that makes it, and comment above its rows. */
  making: string;
  header: string;
}

/** Finds tables, these or all, and their rows that can be read. */
async function tablesApart(beside: Beside, relations?: readonly string[]): Promise<TableApart[]> {
  const among = relations ? `format('%I.%I', n.nspname, c.relname) IN (${relations.map((name) => literal(name)).join(', ')})` : isOurs;
  await using session = await beside.session();
  const all = await session.json<(Pick<TableApart, 'name' | 'columns' | 'root'> & { schema: string; table: string; types: string[] })[]>(
    `SELECT coalesce(json_agg(json_build_object('name', format('%I.%I', n.nspname, c.relname), 'schema', n.nspname, 'table', c.relname, 'columns', coalesce(k.columns, '[]'), 'types', coalesce(k.types, '[]'), 'root', ${rootOf})), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
      LATERAL (SELECT json_agg(quote_ident(a.attname) ORDER BY a.attnum), json_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') k (columns, types)
      WHERE c.relkind = 'r' AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid) AND ${among}`,
  );
  const tables: TableApart[] = [];
  for (const { name, schema, table, columns, types, root } of all) {
    const found = await readableRows(beside, name, columns, 0).catch(refusal);
    const readable = found && (found.ranges.length > 0 || isRead(found)) ? found : undefined;
    const header = (data: string, type: string) => `--\n-- ${data}Name: ${onOneLine(table)}; Type: ${type}; Schema: ${onOneLine(schema)}; Owner: -\n--\n\n`;
    const definitions = columns.map((column, at) => `    ${column} ${types[at]}`).join(',\n');
    const making = `${header('', 'TABLE')}CREATE TABLE ${name} (\n${definitions}\n);\n\n\n`;
    tables.push({ name, title: `${schema}.${table}`, columns, readable, root, making, header: header('Data for ', 'TABLE DATA') });
  }
  return tables;
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
