import type { Flaw } from '../../../documents/flaw.ts';
import { wordsOf } from '../failures.ts';
import { identifier } from '../sql-text.ts';
import type { ScratchDatabase } from './scratch-database.ts';

/** A foreign key, a line a column. */
interface Part {
  name: string;
  child: string;
  column: string;
  /** Database, table and column that it refers to. */
  database: string;
  parent: string;
  key: string;
}

const parts = `SELECT JSON_OBJECT('name', CONSTRAINT_NAME, 'child', TABLE_NAME, 'column', COLUMN_NAME, 'database', REFERENCED_TABLE_SCHEMA,
  'parent', REFERENCED_TABLE_NAME, 'key', REFERENCED_COLUMN_NAME) FROM information_schema.KEY_COLUMN_USAGE
  WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`;

/**
 * Finds rows without the parent that their foreign key names. A dump is restored with foreign keys off, so they come
 * back without a word. Returns flaws, and notes on keys that lead to other databases.
 */
export async function orphansIn(scratch: ScratchDatabase): Promise<{ flaws: Flaw[]; notes: string[] }> {
  const all = (await scratch.ask(parts)).map((line) => JSON.parse(line) as Part);
  const keys = [...Map.groupBy(all, ({ child, name }) => JSON.stringify([child, name])).values()];
  const here = keys.filter(([first]) => first?.database === scratch.name);
  const counted = await scratch.answers(here.map((key) => `SELECT COUNT(*) ${withoutParent(key)}`));
  const flaws = here.flatMap((key, index) => {
    const { count, complaint } = counted[index] ?? {};
    return count === '0' ? [] : [flawOf(key, count, complaint ?? '')];
  });
  const elsewhere = keys.filter((key) => !here.includes(key)).map((key) => `${titleOf(key)} leads to another database, and its rows were not compared`);
  return { flaws, notes: elsewhere };
}

function titleOf([first]: readonly Part[]): string {
  return `foreign key ${first?.name} of TABLE ${first?.child}`;
}

/** Writes the part of the query from FROM on. A row with a NULL among the columns needs no parent. */
function withoutParent(key: readonly Part[]): string {
  const { child = '', parent = '' } = key[0] ?? {};
  const needed = key.map(({ column }) => `child.${identifier(column)} IS NOT NULL`).join(' AND ');
  const found = key.map(({ column, key: other }) => `parent.${identifier(other)} = child.${identifier(column)}`).join(' AND ');
  return `FROM ${identifier(child)} AS child WHERE ${needed} AND NOT EXISTS (SELECT 1 FROM ${identifier(parent)} AS parent WHERE ${found})`;
}

function flawOf(key: readonly Part[], count: string | undefined, complaint: string): Flaw {
  const [first] = key;
  if (count === undefined)
    return {
      what: `${titleOf(key)} cannot be checked: ${wordsOf(complaint)}`,
      remedy: `Make ${identifier(first?.parent ?? '')} again, or: ALTER TABLE ${identifier(first?.child ?? '')} DROP FOREIGN KEY ${identifier(first?.name ?? '')};`,
    };
  return {
    what: `${titleOf(key)}: rows without their parent in ${first?.parent}, which come back as they are: ${count}`,
    remedy: `Mend the rows at the source. These are they: SELECT * ${withoutParent(key)};`,
  };
}
