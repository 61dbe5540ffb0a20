import type { DatabaseSync } from 'node:sqlite';
import type { Flaw } from '../../documents/flaw.ts';
import { type Complaint, unreadable } from './complaints.ts';
import { BrokenPagesError, type PageFile } from './pages.ts';
import { derivedTables, type Entry, hasRows, isVirtual, keepsText, moduleOf, quoted } from './schema.ts';

/** Meaning of complaints: `damage` if rows of a table cannot be trusted; flaws, if all can be read. */
export interface Judgement {
  damage: string[];
  flaws: Flaw[];
}

/** Writes a database anew from the rows of its tables; no index is read. */
const anew = '`sqlite3 FILE .dump | sqlite3 NEW-FILE`';

/** Flaw of space that nothing accounts for, such as what an entry of the schema leaves that cannot be understood. */
export const looseSpace = 'pages of the file that belong to no table are not accounted for';

/** Complaints about space that no table has. */
const aboutSpace =
  /^(Freelist: |max rootpage |incremental_vacuum )|(?:^|: )(Bad ptr map|Failed to read ptrmap) |(2nd reference to page \d+|: never used|: pointer map referenced)$/;

/**
 * Judges complaints of SQLite's check about a file whose tables have been read whole, page by page. A complaint that
 * concerns no page of a table is a flaw, even if its words are unknown.
 */
export function judge(complaints: readonly Complaint[], schema: readonly Entry[], pages: PageFile, database: DatabaseSync): Judgement {
  const damage = new Set<string>();
  const flaws = new Map<string, Flaw>();
  const derived = derivedTables(schema);
  const withRows = schema.filter((entry) => hasRows(entry) && !derived.has(entry.name));
  const add = (flaw: Flaw) => flaws.set(flaw.what, flaw);
  for (const { line, table } of complaints) {
    if (line.startsWith('*** in database ')) {
      for (const part of line.split('\n').slice(1))
        if (isAboutTable(part, withRows, pages)) damage.add(part);
        else add(flawOfPages(part, schema, derived));
    } else if (line === unreadable && table !== undefined) {
      const owner = derived.get(table);
      const broken = owner ? undefined : brokenRecord(table, schema, pages);
      if (broken) damage.add(broken);
      else add(flawOfTable(owner?.name ?? table, line, schema));
    } else if (isDisorder(line, database)) damage.add(line);
    else if (!isAboutText(line, schema)) add(flawOfLine(line, table, schema, database));
  }
  return { damage: [...damage], flaws: [...flaws.values()] };
}

function isAboutTable(part: string, withRows: readonly Entry[], pages: PageFile): boolean {
  if (aboutSpace.test(part)) return false;
  const tree = Number(/^Tree (\d+) /.exec(part)?.[1] ?? 0);
  const page = Number(/\bpage (\d+)(?! cell \d+: invalid)/i.exec(part)?.[1] ?? 0);
  return pages.isOfTable(page) || withRows.some(({ rootpage }) => rootpage === tree);
}

/** Returns true if SQLite misses the text of an FTS4 index that keeps none. It says so of every such index. */
function isAboutText(line: string, schema: readonly Entry[]): boolean {
  return (
    / inverted index for FTS\d table /.test(line) &&
    schema.some((entry) => isVirtual(entry) && !keepsText(entry) && `${line}: `.includes(` main.${entry.name}: `))
  );
}

const disorder = /^row not in PRIMARY KEY order for (.+)$/s;

/**
 * Returns true if rows of a WITHOUT ROWID table are out of order because a page was overwritten: their keys are
 * compared byte by byte, or two are equal. Under another collation, that may just have changed.
 */
function isDisorder(line: string, database: DatabaseSync): boolean {
  const table = disorder.exec(line)?.[1];
  if (table === undefined) return false;
  const key = database
    .prepare(`PRAGMA index_list(${quoted(table)})`)
    .all()
    .find(({ origin }) => origin === 'pk');
  const columns = key ? database.prepare(`PRAGMA index_xinfo(${quoted(String(key.name))})`).all() : [];
  const keys = columns.filter((column) => column.key === 1);
  if (keys.every(({ coll }) => coll === 'BINARY')) return true;
  const literals = keys.map((column) => `quote(${quoted(String(column.name))})`).join(', ');
  return database.prepare(`SELECT 1 FROM ${quoted(table)} GROUP BY ${literals} HAVING count(*) > 1 LIMIT 1`).get() !== undefined;
}

function brokenRecord(table: string, schema: readonly Entry[], pages: PageFile): string | undefined {
  const entry = schema.find((each) => hasRows(each) && each.name === table);
  try {
    if (entry) pages.checkRecords(entry.rootpage);
    return undefined;
  } catch (error) {
    if (error instanceof BrokenPagesError) return `table ${table}: ${error.message}`;
    throw error;
  }
}

function flawOfPages(part: string, schema: readonly Entry[], derived: ReadonlyMap<string, Entry>): Flaw {
  if (aboutSpace.test(part))
    return {
      what: looseSpace,
      remedy: `\`VACUUM\` mends it. If rows seem to be missing, first look for them with \`sqlite3 FILE .recover\` in a copy. SQLite says: ${part}`,
    };
  const root = Number(/^Tree (\d+) /.exec(part)?.[1] ?? 0);
  const owner = derived.get(schema.find(({ type, rootpage }) => type === 'table' && rootpage === root)?.name ?? '');
  if (owner) return brokenVirtual(owner);
  const index = schema.find(({ type, rootpage }) => type === 'index' && rootpage === root);
  return index
    ? brokenIndex(index)
    : { what: 'an index cannot be read', remedy: `\`REINDEX\` mends it. If SQLite refuses, write the database anew: ${anew}. SQLite says: ${part}` };
}

/** Flaw of a table whose rows can be read, while SQLite cannot read something that belongs to it. */
function flawOfTable(table: string, line: string, schema: readonly Entry[]): Flaw {
  const virtual = schema.find((each) => isVirtual(each) && each.name === table);
  if (virtual) return brokenVirtual(virtual);
  const indexes = schema.filter((each) => each.type === 'index' && each.table === table);
  const [only] = indexes;
  if (only && indexes.length === 1) return brokenIndex(only);
  return {
    what: `an index of table ${table} cannot be read`,
    remedy: `\`REINDEX ${quoted(table)}\` mends it. If SQLite refuses, write the database anew: ${anew}. SQLite says: ${line}`,
  };
}

function flawOfLine(line: string, table: string | undefined, schema: readonly Entry[], database: DatabaseSync): Flaw {
  const virtual = schema
    .filter(isVirtual)
    .sort((one, other) => other.name.length - one.name.length)
    .find(({ name }) => name === table || line.includes(` main.${name}`) || (line.startsWith('fts5: ') && line.includes(`"${name}`)));
  if (virtual) return brokenVirtual(virtual);
  const index = schema.find(({ type, name }) => type === 'index' && (line.endsWith(` index ${name}`) || line.includes(` index ${name} stores`)));
  if (index) return line.startsWith('non-unique') ? notUnique(index, database) : brokenIndex(index);
  return (
    flawOfValue(line, schema) ?? { what: `SQLite complains: ${line}`, remedy: `Every row can be read. Writing the database anew mends most of these: ${anew}` }
  );
}

function brokenIndex({ name, table }: Entry): Flaw {
  return {
    what: `index ${name} does not agree with its table ${table}`,
    remedy: `\`REINDEX ${quoted(name)}\` mends it. If SQLite refuses, write the database anew: ${anew}`,
  };
}

function notUnique({ name, table }: Entry, database: DatabaseSync): Flaw {
  const columns = database
    .prepare(`PRAGMA index_info(${quoted(name)})`)
    .all()
    .map((column) => column.name);
  const list = columns.map((column) => quoted(String(column))).join(', ');
  const query = columns.includes(null) ? 'PRAGMA integrity_check' : `SELECT ${list}, count(*) FROM ${quoted(table)} GROUP BY ${list} HAVING count(*) > 1`;
  return {
    what: `index ${name} is unique, but table ${table} holds equal rows`,
    remedy: `\`${query}\` finds them. Keep one of each, then run REINDEX ${quoted(name)}`,
  };
}

export function brokenVirtual(entry: Entry): Flaw {
  const { name, sql } = entry;
  const module = moduleOf(entry);
  if (module.startsWith('fts'))
    return {
      what: `full-text index ${name} does not agree with its text`,
      remedy: `\`INSERT INTO ${quoted(name)} (${quoted(name)}) VALUES ('rebuild')\` mends it. If SQLite refuses, drop it and make it again: ${sql}`,
    };
  return {
    what: `virtual table ${name} (${module}) is not consistent`,
    remedy: `Make it again from what it holds: CREATE TABLE spare AS SELECT * FROM ${quoted(name)}; DROP TABLE ${quoted(name)}; ${sql}; INSERT INTO ${quoted(name)} SELECT * FROM spare; DROP TABLE spare`,
  };
}

const storageClasses: Record<string, string> = { INT: 'integer', INTEGER: 'integer', REAL: 'real', TEXT: 'text', BLOB: 'blob' };

/** Flaw of values that break a rule of their own table, with the query that finds them. */
function flawOfValue(line: string, schema: readonly Entry[]): Flaw | undefined {
  const tables = schema.filter(({ type }) => type === 'table').sort((one, other) => other.name.length - one.name.length);
  const unordered = disorder.exec(line)?.[1];
  if (unordered !== undefined)
    return { what: `rows of table ${unordered} are not in the order of its primary key`, remedy: `Every row can be read. Write the database anew: ${anew}` };
  const checked = tables.find(({ name }) => line === `CHECK constraint failed in ${name}`);
  if (checked) {
    const rules = checksOf(checked.sql);
    const query =
      rules.length === 0 ? 'PRAGMA integrity_check' : `SELECT * FROM ${quoted(checked.name)} WHERE ${rules.map((rule) => `NOT (${rule})`).join(' OR ')}`;
    return { what: `rows of table ${checked.name} break a CHECK constraint`, remedy: `\`${query}\` finds them. Correct them, or the constraint` };
  }
  const [, kind, type, place = ''] = /^(NULL|NUMERIC|TEXT|non-(\w+)) value in (.+)$/s.exec(line) ?? [];
  const table = tables.find(({ name }) => place.startsWith(`${name}.`));
  if (kind === undefined || !table) return undefined;
  const column = place.slice(table.name.length + 1);
  const found = (condition: string) => `\`SELECT * FROM ${quoted(table.name)} WHERE ${condition}\` finds them`;
  const value = quoted(column);
  if (kind === 'NULL')
    return {
      what: `rows of table ${table.name} have no value in column ${column}, which is NOT NULL`,
      remedy: `${found(`typeof(${value}) = 'null'`)}. Give them a value`,
    };
  const what = `rows of table ${table.name} have values of another type in column ${column}`;
  if (type !== undefined) {
    const wanted = storageClasses[type];
    return {
      what,
      remedy: `${found(wanted === undefined ? `${value} IS NOT NULL` : `typeof(${value}) NOT IN ('${wanted}', 'null')`)}. The column takes ${type} alone`,
    };
  }
  const condition = kind === 'TEXT' ? `typeof(${value}) = 'text'` : `typeof(${value}) IN ('integer', 'real')`;
  return { what, remedy: `\`UPDATE ${quoted(table.name)} SET ${value} = ${value} WHERE ${condition}\` converts them` };
}

/** Lists the expressions of CHECK constraints in a table's definition, for people. */
export function checksOf(sql: string): string[] {
  const tokens = [...sql.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*.*?\*\/|[A-Za-z_]\w*|\S/gs)];
  return tokens.flatMap(({ 0: word, index }, place) => {
    if (word.toUpperCase() !== 'CHECK' || tokens[place + 1]?.[0] !== '(') return [];
    let depth = 0;
    const end = tokens.slice(place + 1).find(({ 0: token }) => {
      depth += token === '(' ? 1 : token === ')' ? -1 : 0;
      return depth === 0;
    });
    return end === undefined ? [] : [sql.slice((tokens[place + 1]?.index ?? index) + 1, end.index).trim()];
  });
}
