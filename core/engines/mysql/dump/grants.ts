/**
 * Rights of a user, read from SHOW GRANTS. Rights on single tables or routines are left out: they do not show
 * everything that is there.
 */
export interface Grants {
  /** Rights on everything. */
  everywhere: Set<string>;
  /** Rights on the database, including those on everything. */
  here: Set<string>;
  /** Name of the database in the grants on it: its own, or a pattern. Undefined if there are no such grants. */
  pattern: string | undefined;
  /** Rights on the table with the texts of routines in MariaDB and MySQL 5.7. */
  onProc: Set<string>;
}

interface Grant {
  takes: boolean;
  rights: string[];
  database: string;
  table: string;
  /** Account, as `user@host`; a role of MariaDB as `role@`. */
  to: string;
  /** True if the rights can be given to others. */
  option: boolean;
}

const quotedName = '(?:`((?:[^`]|``)*)`|(\\*))';
const form = new RegExp(`^(GRANT|REVOKE) (.+?) ON (?:TABLE )?${quotedName}\\.${quotedName} (?:TO|FROM) (.*)$`, 's');
/** An account, in the quotes of any version; MariaDB writes roles without a host, and PUBLIC without quotes. */
const accountForm = /^(?:(['`])((?:(?!\1).|\1\1)*)\1(?:@(['`])((?:(?!\3).|\3\3)*)\3)?|PUBLIC)/s;

/**
 * Reads the lines of SHOW GRANTS for one database. With `literal`, the server takes the names of databases as they
 * stand, not as patterns, as MySQL does with partial revokes.
 */
export function grantsOn(database: string, lines: readonly string[], { literal = false } = {}): Grants {
  const isOn = (name: string, wanted: string) => (literal ? name === '*' || name === wanted : matches(name, wanted));
  const found = lines.flatMap((line) => grantIn(line) ?? []);
  const everywhere = new Set(found.filter((grant) => !grant.takes && grant.database === '*').flatMap(({ rights }) => rights));
  // a partial revoke takes a right on one database away again (MySQL's manual, "Privilege Restriction Using Partial
  // Revokes")
  const taken = new Set(found.filter((grant) => grant.takes && grant.database === database).flatMap(({ rights }) => rights));
  const matching = found.filter((grant) => !grant.takes && grant.database !== '*' && grant.table === '*' && isOn(grant.database, database));
  // among several patterns, the server uses the one whose first wildcard comes last (MySQL's manual, "Access Control,
  // Stage 2")
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

/** Returns the rights on any object, except on single routines. */
export function rightsIn(lines: readonly string[]): Set<string> {
  return new Set(lines.flatMap((line) => grantIn(line) ?? []).flatMap(({ takes, rights }) => (takes ? [] : rights)));
}

/** Returns true if a set of rights includes this one. */
export function may(rights: ReadonlySet<string>, right: string): boolean {
  return rights.has(right) || rights.has('ALL PRIVILEGES');
}

/** Reads a line of SHOW GRANTS about rights on databases and tables. Keeps no hash of a password. */
export function grantIn(line: string): Grant | undefined {
  const [, verb, rights = '', database, anyDatabase, table, anyTable, rest = ''] = form.exec(line) ?? [];
  if (verb === undefined) return undefined; // of a role, of a routine, or no grant at all
  return {
    takes: verb === 'REVOKE',
    rights: rights.split(',').map((right) => right.trim().toUpperCase()),
    database: anyDatabase ?? (database ?? '').replaceAll('``', '`'),
    table: anyTable ?? (table ?? '').replaceAll('``', '`'),
    to: accountIn(rest),
    option: / WITH (?:.* )?GRANT OPTION\b/.test(rest.replace(/'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/gs, '')),
  };
}

function accountIn(text: string): string {
  const [whole = '', quote = '', user, hostQuote = '', host = ''] = accountForm.exec(text) ?? [];
  return user === undefined ? `${whole}@` : `${user.replaceAll(quote + quote, quote)}@${host.replaceAll(hostQuote + hostQuote, hostQuote)}`;
}

function beforeWildcard(pattern: string): number {
  const first = pattern.search(/(?<!\\)[_%]/);
  return first < 0 ? Number.POSITIVE_INFINITY : first;
}

/** Compares a database with a grant's pattern, in which `_` and `%` are wildcards unless a backslash precedes them. */
function matches(pattern: string, database: string): boolean {
  if (pattern === '*' || pattern === database) return true;
  const expression = pattern.replace(/\\([_%])|([_%])|([\s\S])/g, (_, literal: string | undefined, wild: string | undefined, letter: string | undefined) =>
    wild === undefined ? (literal ?? letter ?? '').replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&') : wild === '_' ? '[\\s\\S]' : '[\\s\\S]*',
  );
  return new RegExp(`^${expression}$`, 'i').test(database);
}
