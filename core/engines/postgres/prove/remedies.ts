import type { Flaw } from '../../../documents/flaw.ts';
import type { Refused } from './refused.ts';

/** Reasons that lie in the rows alone, whatever server says so. */
export const ofContents =
  /violates (check|foreign key|unique|not-null|exclusion|partition) constraint|could not create unique index|could not create exclusion constraint|is violated by some row|duplicate key value|contains null values|may reference only permanent tables/;

const word = '(?:"(?:[^"]|"")*"|[^\\s".(),;]+)';
const name = `${word}(?:\\.${word})?`;
const foreignKey = new RegExp(
  `^ALTER TABLE (?:ONLY )?(${name})\\s+ADD CONSTRAINT (${word}) (FOREIGN KEY \\((.*?)\\) REFERENCES (${name})\\((.*?)\\).*);$`,
  's',
);
const check = new RegExp(`^ALTER TABLE (?:ONLY )?(${name})\\s+ADD (?:CONSTRAINT (${word}) )?(CHECK \\((.*)\\)(?: NO INHERIT)?)(?: NOT VALID)?;$`, 's');
const key = new RegExp(`^ALTER TABLE (?:ONLY )?(${name})\\s+ADD CONSTRAINT (${word}) (?:PRIMARY KEY|UNIQUE)(?: NULLS NOT DISTINCT)? \\((.*?)\\)`, 's');
const index = new RegExp(
  `^CREATE UNIQUE INDEX (${word}) ON (?:ONLY )?(${name}) USING \\w+ \\((.*?)\\)(?: INCLUDE \\(.*?\\))?(?: NULLS NOT DISTINCT)?(?: WHERE (.*))?;$`,
  's',
);

/**
 * Describes statements that do not run because of what the source holds, and how to mend the source. Some need only
 * what others make, or what the dump lacks by its own `flaws`.
 */
export function flawsOf(refused: readonly Refused[], flaws: readonly Flaw[]): Flaw[] {
  const objects = [...flaws.map(({ what }) => what.split(': ')[0] ?? ''), ...refused.map(({ object }) => object)];
  const lost = new Set(objects.flatMap((object) => /^(?:TABLE|VIEW|MATERIALIZED VIEW) (.*)$/.exec(object)?.[1]?.replaceAll('"', '') ?? []));
  return refused.map((each) => {
    const needed = /^relation "(.*)" does not exist$/.exec(each.reason)?.[1];
    return flawOf(each, needed !== undefined && lost.has(needed) ? needed : undefined);
  });
}

function flawOf({ object, statement, digest, reason, comesBack }: Refused, needed: string | undefined): Flaw {
  const remedy = comesBack
    ? `${sourceCan}; by hand, run it after the others, with SET search_path = …. ${findable}`
    : needed !== undefined
      ? `nothing is wrong with it: it comes back as soon as ${needed} does`
      : remedyFor(Buffer.from(statement, 'latin1').toString(), object);
  return { what: `${object}: ${reason}`, remedy, statement: digest, ...(comesBack && { comesBack }) };
}

const sourceCan = 'a restore by Sauvegarde brings it back: it needs objects that come later in the dump, or the search path of the source';
const findable =
  'A function that an index, a view or a constraint calls must find its objects with an empty search_path: write their schemas, or ALTER FUNCTION … SET search_path = …';

const domain = new RegExp(`^ALTER DOMAIN (${name}) ADD CONSTRAINT (${word}) (CHECK \\(.*\\));$`, 's');

function remedyFor(statement: string, object: string): string {
  const [, child, constraint, definition, columns = '', parent, keys = ''] = foreignKey.exec(statement) ?? [];
  if (child !== undefined && parent !== undefined)
    return `find the rows that refer to none, and correct them: ${orphans(child, columns.split(', '), parent, keys.split(', '))} Or declare that old rows are not checked: ALTER TABLE ${child} DROP CONSTRAINT ${constraint}; ALTER TABLE ${child} ADD CONSTRAINT ${constraint} ${definition} NOT VALID;`;
  const [, checked, rule, clause, condition] = check.exec(statement) ?? [];
  if (checked !== undefined)
    return `find the rows that break it, and correct them: SELECT * FROM ${checked} WHERE (${condition}) IS FALSE; Or declare that old rows are not checked: ALTER TABLE ${checked} DROP CONSTRAINT ${rule}; ALTER TABLE ${checked} ADD CONSTRAINT ${rule} ${clause} NOT VALID;`;
  const [, type, ofType, test] = domain.exec(statement) ?? [];
  if (type !== undefined)
    return `declare that old rows are not checked: ALTER DOMAIN ${type} DROP CONSTRAINT ${ofType}; ALTER DOMAIN ${type} ADD CONSTRAINT ${ofType} ${test} NOT VALID;`;
  const [, of, , keyed] = key.exec(statement) ?? [];
  if (of !== undefined && keyed !== undefined) return duplicates(of, keyed);
  const [, , indexed, list, condition_] = index.exec(statement) ?? [];
  if (indexed !== undefined && list !== undefined) return duplicates(indexed, list.replaceAll(/ (?:DESC|ASC|NULLS FIRST|NULLS LAST)\b/g, ''), condition_);
  const [, sequence, value] = position.exec(statement) ?? [];
  if (sequence !== undefined)
    return `set the sequence to a value within its bounds, or widen them: ALTER SEQUENCE ${sequence} MINVALUE … MAXVALUE …; it stands at ${value}`;
  return `correct or drop ${object} in the source. ${findable}`;
}

const position = /^SELECT pg_catalog\.setval\('((?:[^']|'')*)', (-?\d+), /;

function orphans(child: string, columns: string[], parent: string, keys: string[]): string {
  const given = columns.map((column) => `c.${column} IS NOT NULL`).join(' AND ');
  const same = columns.map((column, at) => `p.${keys[at]} = c.${column}`).join(' AND ');
  return `SELECT * FROM ${child} AS c WHERE ${given} AND NOT EXISTS (SELECT FROM ${parent} AS p WHERE ${same});`;
}

function duplicates(table: string, columns: string, condition?: string): string {
  const where = condition === undefined ? '' : ` WHERE ${condition}`;
  return `find the rows that occur twice, and remove the others: SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT ${columns}, count(*) FROM ${table}${where} GROUP BY ${columns} HAVING count(*) > 1; Then REINDEX TABLE ${table};`;
}
