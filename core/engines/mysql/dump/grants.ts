/** What a user may do, read out of SHOW GRANTS. Rights on single tables or routines are left out: they do not show what else there is. */
export interface Grants {
  /** Rights on everything. */
  everywhere: Set<string>;
  /** Rights on the database, those on everything included. */
  here: Set<string>;
  /** How the grants on the database name it: itself, or a pattern. Undefined when there are none. */
  pattern: string | undefined;
  /** Rights on the table that holds routines' texts in MariaDB, and did in MySQL 5.7. */
  onProc: Set<string>;
}

interface Grant {
  takes: boolean;
  rights: string[];
  database: string;
  table: string;
}

const quotedName = '(?:`((?:[^`]|``)*)`|(\\*))';
const form = new RegExp(`^(GRANT|REVOKE) (.+?) ON (?:TABLE )?${quotedName}\\.${quotedName} (?:TO|FROM) `, 's');

/** Reads the lines of SHOW GRANTS for one database. `literal`: the server takes names of databases as they stand, not as patterns, as MySQL does with partial revokes. */
export function grantsOn(database: string, lines: readonly string[], { literal = false } = {}): Grants {
  const isOn = (name: string, wanted: string) => (literal ? name === '*' || name === wanted : matches(name, wanted));
  const found = lines.flatMap((line) => grantIn(line) ?? []);
  const everywhere = new Set(found.filter((grant) => !grant.takes && grant.database === '*').flatMap(({ rights }) => rights));
  // a partial revoke takes from one database what was granted on all (MySQL's manual, "Privilege Restriction Using Partial Revokes")
  const taken = new Set(found.filter((grant) => grant.takes && grant.database === database).flatMap(({ rights }) => rights));
  const matching = found.filter((grant) => !grant.takes && grant.database !== '*' && grant.table === '*' && isOn(grant.database, database));
  // of several patterns the server heeds the one whose first wildcard comes last (MySQL's manual, "Access Control, Stage 2")
  const pattern = matching.map((grant) => grant.database).sort((one, other) => beforeWildcard(other) - beforeWildcard(one))[0];
  const given = matching.filter((grant) => grant.database === pattern);
  const onProc = found.filter((grant) => !grant.takes && isOn(grant.database, 'mysql') && ['*', 'proc'].includes(grant.table));
  return {
    everywhere,
    here: new Set([...[...everywhere].filter((right) => !taken.has(right)), ...given.flatMap(({ rights }) => rights)]),
    pattern,
    onProc: new Set([...everywhere, ...onProc.flatMap(({ rights }) => rights)]),
  };
}

/** Rights on anything whatever, but for single routines. */
export function rightsIn(lines: readonly string[]): Set<string> {
  return new Set(lines.flatMap((line) => grantIn(line) ?? []).flatMap(({ takes, rights }) => (takes ? [] : rights)));
}

/** Whether a set of rights has this one. */
export function may(rights: ReadonlySet<string>, right: string): boolean {
  return rights.has(right) || rights.has('ALL PRIVILEGES');
}

function grantIn(line: string): Grant | undefined {
  const [, verb, rights = '', database, anyDatabase, table, anyTable] = form.exec(line) ?? [];
  if (verb === undefined) return undefined; // of a role, of a routine, or no grant at all
  return {
    takes: verb === 'REVOKE',
    rights: rights.split(',').map((right) => right.trim().toUpperCase()),
    database: anyDatabase ?? (database ?? '').replaceAll('``', '`'),
    table: anyTable ?? (table ?? '').replaceAll('``', '`'),
  };
}

function beforeWildcard(pattern: string): number {
  const first = pattern.search(/(?<!\\)[_%]/);
  return first < 0 ? Number.POSITIVE_INFINITY : first;
}

/** In a grant on a database `_` and `%` are patterns unless a backslash precedes them. */
function matches(pattern: string, database: string): boolean {
  if (pattern === '*' || pattern === database) return true;
  const expression = pattern.replace(/\\([_%])|([_%])|([\s\S])/g, (_, literal: string | undefined, wild: string | undefined, letter: string | undefined) =>
    wild === undefined ? (literal ?? letter ?? '').replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&') : wild === '_' ? '[\\s\\S]' : '[\\s\\S]*',
  );
  return new RegExp(`^${expression}$`, 'i').test(database);
}
