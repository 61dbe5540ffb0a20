import type { Work } from '../../engine.ts';
import type { Access } from '../connect/access.ts';
import { runQueries } from '../connect/run-queries.ts';
import type { Family } from '../family.ts';
import { type Column, isStored, tableText } from '../script/table-text.ts';
import { identifier } from '../sql-text.ts';
import type { Table } from './inventory.ts';

/** Way in which the text of a dump is another value than the one that it was written for. */
export type Loss = 'digits' | 'sign' | 'characters' | 'invalid member' | 'JSON types';

/** The server's own count of a table's rows. */
export interface ServerCount {
  rows: number;
  /** Columns some of whose values a dump's text does not hold, with the number of those values. */
  losses: { column: string; type: string; loss: Loss; values: number }[];
  /** Digests of the values of stored generated columns, by column. */
  generated: Record<string, string>;
}

interface Question {
  table: string;
  asked: { column: Column; loss: Loss }[];
  /** Stored generated columns. */
  stored: string[];
  sql: string;
}

/** Storage engines whose rows lie elsewhere: in other tables, or behind a connection. The tools dump none of them. */
const elsewhere = /^(?:MRG_MYISAM|MRG_MyISAM|FEDERATED|SPIDER|CONNECT|BLACKHOLE)$/i;

export interface CountOptions {
  family: Family;
  access: Access;
  database: string;
  patience?: number | undefined;
  /** True if the dump holds the rows that were changed or removed, of tables that keep them. */
  withHistory: boolean;
}

/**
 * Counts the rows of these tables, and the values that text does not hold, all as of one moment. Counts rows alone
 * where the server cannot tell about values, and leaves out tables that it cannot read.
 */
export async function countOnServer(
  tables: readonly Table[],
  definitions: ReadonlyMap<string, string>,
  work: Pick<Work, 'tools' | 'signal'>,
  { withHistory, ...place }: CountOptions,
): Promise<Map<string, ServerCount>> {
  const countable = tables.filter(({ engine }) => !elsewhere.test(engine));
  const asked = countable.map((table) => questionOn(table, definitions.get(table.name), place.family, withHistory));
  const found = await answered(asked, work, place);
  const plain = countable.filter(({ name }) => !found.has(name)).map((table) => questionOn(table, undefined, place.family, withHistory));
  return new Map([...found, ...(await answered(plain, work, place))]);
}

/** Counts the rows of these tables now. */
export async function rowsOnServer(
  tables: readonly Table[],
  work: Pick<Work, 'tools' | 'signal'>,
  { withHistory, ...place }: CountOptions,
): Promise<Map<string, number>> {
  const asked = tables.map((table) => questionOn(table, undefined, place.family, withHistory));
  return new Map([...(await answered(asked, work, place))].map(([name, { rows }]) => [name, rows]));
}

async function answered(
  questions: readonly Question[],
  work: Pick<Work, 'tools' | 'signal'>,
  place: Omit<CountOptions, 'withHistory'>,
): Promise<Map<string, ServerCount>> {
  const found = new Map<string, ServerCount>();
  const statements = questions.length > 0 ? [...beginning, ...questions.map(({ sql }) => sql)] : [];
  await runQueries(statements, work, { ...place, patience: place.patience ?? longest }, ([row], index) => {
    const question = questions[index - beginning.length];
    const [rows, ...counts] = (JSON.parse(row?.[0] ?? '[]') as unknown[]).map(Number);
    if (!question || rows === undefined) return;
    const losses = question.asked.map(({ column: { name, type }, loss }, at) => ({ column: name, type, loss, values: counts[at] ?? 0 }));
    const generated = Object.fromEntries(question.stored.map((column, at) => [column, String(counts[question.asked.length + at])]));
    found.set(question.table, { rows, losses: losses.filter(({ values }) => values > 0), generated });
  });
  return found;
}

/** Fixes the moment of which rows are counted. */
const beginning = ['SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ', 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'];

/** Longest time for one table, in milliseconds: a server reads some 100 GB in an hour. */
export const longest = 60 * 60_000;

function questionOn({ name, versioned }: Table, definition: string | undefined, family: Family, withHistory: boolean): Question {
  const columns = tableText(definition ?? '')?.columns ?? [];
  const all = columns.filter(({ isGenerated }) => !isGenerated).flatMap((column) => checksOf(column, family).map((check) => ({ column, ...check })));
  const sums = all.map(({ sql }) => `COALESCE(SUM(${sql}), 0)`);
  const stored = columns.filter(isStored).map(({ name: column }) => column);
  const past = versioned && withHistory ? ' FOR SYSTEM_TIME ALL' : '';
  return {
    table: name,
    asked: all,
    stored,
    sql: `SELECT JSON_ARRAY(${['COUNT(*)', ...sums, ...stored.map(digestOf)].join(', ')}) FROM ${identifier(name)}${past}`,
  };
}

/** Writes the digest, in SQL, of a column's values in any order. */
export function digestOf(column: string): string {
  return `COALESCE(SUM(COALESCE(CRC32(CONCAT(${identifier(column)})), 1)), 0)`;
}

/** Character sets all of whose letters have one code in utf8mb4, in which dumps are written. */
const lossless = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'binary']);

/** ENUM with the member '', as which an invalid value is written too. */
const withEmptyMember = /^`(?:[^`]|``)+` enum\((?:'(?:[^']|'')*',)*''[,)]/;

/** Conditions, in SQL, under which a value is written as the text of another one. */
function checksOf({ name, type, definition, characterSet }: Column, family: Family): { loss: Loss; sql: string }[] {
  const quoted = identifier(name);
  if (type === 'float' || type === 'double') {
    // with a number of decimals, the text has them all, and the column rounds them again in the same way
    const isFixed = /^`(?:[^`]|``)+` \w+\(\d+,\d+\)/.test(definition);
    return [
      ...(isFixed ? [] : [{ loss: 'digits' as const, sql: `${quoted} <> CAST(CONCAT(${quoted}) AS ${type === 'float' ? 'FLOAT' : 'DOUBLE'})` }]),
      { loss: 'sign', sql: `${quoted} = 0 AND CONCAT(${quoted}) LIKE '-%'` },
    ];
  }
  if (type === 'json' && family === 'mysql') {
    const again = `CAST(CAST(${quoted} AS CHAR CHARACTER SET utf8mb4) AS JSON)`;
    return [{ loss: 'JSON types', sql: `${quoted} <> ${again} OR CAST(${quoted} AS CHAR) <> CAST(${again} AS CHAR)` }];
  }
  if (type === 'enum') return withEmptyMember.test(definition) ? [{ loss: 'invalid member', sql: `${quoted} + 0 = 0` }] : [];
  if (characterSet === undefined || lossless.has(characterSet) || type === 'set') return [];
  const there = `CONVERT(CONVERT(${quoted} USING utf8mb4) USING ${characterSet})`;
  return [{ loss: 'characters', sql: `NOT CAST(${quoted} AS BINARY) <=> CAST(${there} AS BINARY)` }];
}

const words: Record<Loss, string> = {
  digits: 'have more digits than the text of a dump, so they come back rounded',
  sign: 'are a negative zero, which comes back as zero',
  characters: 'hold bytes that are no characters, which come back as question marks',
  'invalid member': "are no member of the column, and come back as its member ''",
  'JSON types': 'hold JSON of types that text does not tell apart, so they come back as numbers or strings of the same value',
};

/** Lists, as sentences, what a dump's text does not hold: values that come back otherwise, and types alone. */
export function lossesIn(onServer: ReadonlyMap<string, ServerCount>): { values: string[]; types: string[] } {
  const all = [...onServer].flatMap(([table, { losses }]) =>
    losses.map(({ column, type, loss, values }) => ({ loss, text: `column ${column} of ${table} (${type}): ${values} values ${words[loss]}` })),
  );
  const isOfTypes = (loss: Loss) => loss === 'JSON types' || loss === 'sign';
  return {
    values: all.filter(({ loss }) => !isOfTypes(loss)).map(({ text }) => text),
    types: all.filter(({ loss }) => isOfTypes(loss)).map(({ text }) => text),
  };
}
