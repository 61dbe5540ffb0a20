import type { DatabaseSync } from 'node:sqlite';
import type { Flaw } from '../../documents/flaw.ts';
import { isCorrupt } from './complaints.ts';
import { type Entry, isVirtual, quoted } from './schema.ts';

/** Errors that mean "only the application can run this": its functions, modules and collations, or ours to distrust. */
const ofTheApplication = /no such (function|module|collation sequence)|unknown function|unsafe use of|may not be used|too many references/;

/** Refusals that say nothing about a trigger. */
const notTried = /^cannot modify |may not be modified|^no such (function|module|collation sequence)|^unknown function|unsafe use of/;

/** Refusals of an index whose text lies in a table that is gone. */
const lackingText = /^no such (table|column): /;

/** Result of compiling views and triggers, none of which is run, and of reading from virtual tables. */
export interface Compiled {
  flaws: Flaw[];
  notes: string[];
}

/** Longest time for trying views and triggers, in milliseconds: SQLite takes a second for views that multiply. */
const mostMs = 3000;

/** Compiles every view and trigger, as the first statement that needs it would. */
export function compileDefinitions(database: DatabaseSync, schema: readonly Entry[]): Compiled {
  const flaws: Flaw[] = [];
  const notes: string[] = [];
  const isFine = new Set<string>();
  const begun = performance.now();
  for (const { name } of schema.filter(({ type }) => type === 'view')) {
    if (performance.now() - begun > mostMs) return { flaws, notes: [...notes, 'not every view and trigger was tried: it takes too long'] };
    const refusal = refusalOf(database, `SELECT * FROM ${quoted(name)}`);
    if (refusal === undefined) isFine.add(name);
    else if (ofTheApplication.test(refusal)) notes.push(`view ${name} could not be tried: ${refusal}`);
    else flaws.push({ what: `view ${name} does not work: ${refusal}`, remedy: `Make again what it refers to, or \`DROP VIEW ${quoted(name)}\`` });
  }
  for (const { name } of schema.filter(isVirtual)) {
    const refusal = refusalOf(database, `SELECT * FROM ${quoted(name)} LIMIT 1`, true);
    if (refusal !== undefined && lackingText.test(refusal))
      flaws.push({ what: `virtual table ${name} does not work: ${refusal}`, remedy: `Make again what it refers to, or \`DROP TABLE ${quoted(name)}\`` });
  }
  const triggers = Map.groupBy(
    schema.filter(({ type }) => type === 'trigger'),
    ({ table }) => table,
  );
  const views = new Set(schema.filter(({ type }) => type === 'view').map(({ name }) => name));
  for (const [table, all] of triggers) {
    if (views.has(table) && !isFine.has(table)) continue;
    for (const [event, statement] of statementsOn(database, table)) {
      const refusal = refusalOf(database, statement);
      if (refusal !== undefined && !notTried.test(refusal)) flaws.push(brokenTrigger(table, event, refusal, all));
    }
  }
  return { flaws, notes };
}

/** Returns statements that compile each trigger of a table. They are never run. */
function statementsOn(database: DatabaseSync, table: string): [string, string][] {
  const columns = database.prepare(`PRAGMA table_info(${quoted(table)})`).all();
  const all = columns.map(({ name }) => `${quoted(String(name))} = NULL`).join(', ');
  return [
    ['INSERT', `INSERT INTO ${quoted(table)} DEFAULT VALUES`],
    ['UPDATE', `UPDATE ${quoted(table)} SET ${all}`],
    ['DELETE', `DELETE FROM ${quoted(table)}`],
  ];
}

function brokenTrigger(table: string, event: string, refusal: string, triggers: readonly Entry[]): Flaw {
  const missing = /[\w$]+$/.exec(refusal)?.[0] ?? '';
  const likely = triggers.filter(({ sql }) => sql.includes(missing));
  const names = (likely.length > 0 ? likely : triggers).map(({ name }) => quoted(name));
  return {
    what: `a trigger of table ${table} does not work, so ${event} fails: ${refusal}`,
    remedy: `Make again what it refers to, or drop it: \`DROP TRIGGER ${names.join('; DROP TRIGGER ')}\``,
  };
}

function refusalOf(database: DatabaseSync, sql: string, isRun = false): string | undefined {
  try {
    const statement = database.prepare(sql);
    if (isRun) statement.get();
    return undefined;
  } catch (error) {
    return isCorrupt(error) ? undefined : (error as Error).message; // SQLite's own check tells what is broken
  }
}

/**
 * Lists tables with rows whose parent is missing. SQLite enforces foreign keys only when asked to, so that such rows
 * come about without an error.
 */
export function checkForeignKeys(database: DatabaseSync, schema: readonly Entry[]): Flaw[] {
  return schema
    .filter(({ type, rootpage }) => type === 'table' && rootpage > 0)
    .flatMap(({ name }) => {
      try {
        const broken = new Map<string, number>();
        for (const { parent } of database.prepare(`PRAGMA foreign_key_check(${quoted(name)})`).iterate())
          broken.set(String(parent), (broken.get(String(parent)) ?? 0) + 1);
        return [...broken].map(([parent, rows]) => ({
          what: `${rows} ${rows === 1 ? 'row' : 'rows'} of table ${name} refer to rows that table ${parent} does not have`,
          remedy: `\`PRAGMA foreign_key_check(${quoted(name)})\` lists them. Remove them, or add the rows that they refer to`,
        }));
      } catch (error) {
        const refusal = (error as Error).message;
        // a table that SQLite does not know is a flaw by itself
        if (isCorrupt(error) || ofTheApplication.test(refusal) || refusal === `no such table: ${name}`) return [];
        return [{ what: `the foreign keys of table ${name} cannot work: ${refusal}`, remedy: 'Make the columns that they refer to a PRIMARY KEY or UNIQUE' }];
      }
    });
}
