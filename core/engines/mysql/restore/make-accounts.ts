import { randomBytes } from 'node:crypto';
import { shortened } from '../../../documents/shortened.ts';
import { everybody } from '../dump/globals.ts';
import { wordsOf } from '../failures.ts';
import type { Family } from '../family.ts';
import type { Account, AccountGrant, Globals } from '../globals-schema.ts';
import { accountName, grantee, identifier, literal, patternOf, unescaped } from '../sql-text.ts';

/** Runs statements one after the other. Returns the server's complaints by index. */
export type Run = (statements: readonly string[]) => Promise<Map<number, string>>;

/** Server in which accounts are made, and the database that the backup is restored into. */
export interface Place {
  family: Family;
  /** Name of the database at the source, and here. */
  renamed: { from: string; to: string };
  /** True if this server takes names of databases in grants as they stand. */
  literalNames: boolean;
  /** Roles that this server gives to everybody. */
  mandatoryRoles: string;
}

/** A statement, and smaller ones that take its place if it is refused. */
interface Step {
  sql: string;
  instead?: string[];
}

/** Ways to prove an identity by a password that is kept in the server. */
const passwordPlugins = [...['mysql_native_password', 'mysql_old_password', 'caching_sha2_password', 'sha256_password'], ...['ed25519', 'parsec']];

/** "Operation CREATE USER failed": the account is there. */
const isThere = /^ERROR 1396 /;
/** The closed form of a right, a kind of object, a limit or a kind of TLS. */
const isWord = /^[A-Z][A-Z0-9_ ]*$/;

/**
 * Makes the accounts of a backup that a server lacks, without their passwords, and gives them their rights. Never
 * changes an account that is there. Whatever the server refuses is a note.
 */
export class AccountMaking {
  readonly notes: string[] = [];
  readonly #made = new Set<string>();
  readonly #there: string[] = [];
  readonly #globals: Globals;
  readonly #place: Place;
  readonly #run: Run;

  constructor(globals: Globals, place: Place, run: Run) {
    this.#globals = globals;
    this.#place = place;
    this.#run = run;
  }

  /** Makes the accounts, with all but their rights on single objects, which are not there yet. */
  async before(): Promise<void> {
    const { accounts, defaults, memberships, proxies } = this.#globals;
    const refused = await this.#run(accounts.map(({ name }) => this.#creation(name)));
    for (const [index, { name }] of accounts.entries()) {
      const said = refused.get(index);
      if (said === undefined) this.#made.add(name);
      else if (isThere.test(said)) this.#there.push(name);
      else this.notes.push(`left out: the account ${name}: ${wordsOf(said)}`);
    }
    const isMade = ({ member }: { member: string }) => this.#made.has(member);
    await this.#give([
      ...accounts.filter(({ name }) => this.#made.has(name)).flatMap((account) => this.#attributes(account)),
      ...memberships.filter(isMade).map((membership) => ({ sql: this.#membership(membership) })),
      ...defaultsOf(defaults.filter(isMade)).map(([member, roles]) => ({ sql: this.#default(member, roles) })),
      ...this.#grants(({ object }) => object === null),
      ...proxies
        .filter(({ account }) => this.#made.has(account))
        .map(({ account, proxied, option }) => ({
          sql: `GRANT PROXY ON ${accountName(proxied)} TO ${accountName(account)}${option ? ' WITH GRANT OPTION' : ''}`,
        })),
    ]);
  }

  /** Gives the rights on tables, columns and routines, once these are there. */
  async after(): Promise<void> {
    await this.#give(this.#grants(({ object }) => object !== null));
    this.notes.unshift(...this.#told());
  }

  /** Removes the accounts that were made, after a restore that failed. Returns those that are still there. */
  async undo(run: Run): Promise<string[]> {
    const names = [...this.#made];
    try {
      const refused = await run(names.map((name) => `DROP ${this.#isRole(name) ? 'ROLE' : 'USER'} ${this.#named(name)}`));
      return names.filter((_, index) => refused.has(index));
    } catch {
      return names; // the server is lost, as the error of the restore says
    }
  }

  #isRole(name: string): boolean {
    return this.#place.family === 'mariadb' && name.endsWith('@');
  }

  #named(name: string): string {
    return grantee(name, this.#place.family);
  }

  /** Gives each a password that nobody keeps: a policy may refuse an empty one, and unlocking alone opens nothing. */
  #creation(name: string): string {
    if (this.#isRole(name)) return `CREATE ROLE ${this.#named(name)}`;
    return `CREATE USER ${this.#named(name)} IDENTIFIED BY ${literal(`Aa1-${randomBytes(18).toString('base64url')}`)} ACCOUNT LOCK`;
  }

  #attributes({ name, tls, limits, passwordDays, attribute }: Account): Step[] {
    const parts = [
      ...requirement(tls),
      ...withLimits(limits),
      ...(passwordDays === null ? [] : [`PASSWORD EXPIRE ${passwordDays === 0 ? 'NEVER' : `INTERVAL ${passwordDays} DAY`}`]),
      ...(attribute === null ? [] : [`ATTRIBUTE ${literal(attribute)}`]),
    ];
    const altered = (some: string[]) => `ALTER USER ${this.#named(name)} ${some.join(' ')}`;
    return parts.length === 0 ? [] : [{ sql: altered(parts), instead: parts.map((part) => altered([part])) }];
  }

  #membership({ role, member, admin }: Globals['memberships'][number]): string {
    return `GRANT ${this.#named(role)} TO ${this.#named(member)}${admin ? ' WITH ADMIN OPTION' : ''}`;
  }

  #default(member: string, roles: string[]): string {
    const all = roles.map((role) => this.#named(role)).join(', ');
    return `SET DEFAULT ROLE ${all} ${this.#place.family === 'mariadb' ? 'FOR' : 'TO'} ${this.#named(member)}`;
  }

  #grants(choose: (grant: AccountGrant) => boolean): Step[] {
    return this.#globals.grants.filter((grant) => this.#made.has(grant.account) && choose(grant)).flatMap((grant) => this.#grant(grant));
  }

  #grant(grant: AccountGrant): Step[] {
    const { account, revoked, rights, database, option } = grant;
    const on = this.#on(grant);
    const takesAway = this.#globals.grants.some((each) => each.account === account && each.revoked);
    if (takesAway && !this.#place.literalNames && (revoked || database === null)) {
      if (revoked) return [];
      this.notes.push(
        `left out: the rights of ${account} on everything, because some of them are revoked for single databases, which a server allows with partial_revokes = ON alone`,
      );
      return [];
    }
    if (on === undefined || !rights.every((right) => isWord.test(right))) {
      const why = this.#place.literalNames ? 'this server takes names of databases as they stand, and this is a pattern' : 'no server writes a right so';
      this.notes.push(`left out: ${rights.join(', ')} of ${account} on ${database}: ${why}`);
      return [];
    }
    const to = this.#named(account);
    const columns = grant.object?.column == null ? '' : ` (${identifier(grant.object.column)})`;
    const given = (some: string[]) => {
      const listed = some.map((right) => `${right}${columns}`).join(', ');
      return revoked ? `REVOKE ${listed} ON ${on} FROM ${to}` : `GRANT ${listed} ON ${on} TO ${to}${option ? ' WITH GRANT OPTION' : ''}`;
    };
    return [{ sql: given(rights), ...(rights.length > 1 && { instead: rights.map((right) => given([right])) }) }];
  }

  /** Names what a grant is on; undefined if this server cannot. */
  #on({ database, object }: AccountGrant): string | undefined {
    if (database === null) return '*.*';
    const { from, to } = this.#place.renamed;
    if (object) return isWord.test(object.kind) ? `${object.kind} ${identifier(database === from ? to : database)}.${identifier(object.name)}` : undefined;
    const pattern = patternIn(database, { ...this.#place.renamed, source: this.#globals.literalNames, target: this.#place.literalNames });
    return pattern === undefined ? undefined : `${identifier(pattern)}.*`;
  }

  async #give(steps: Step[]): Promise<void> {
    const refused = await this.#run(steps.map(({ sql }) => sql));
    const smaller: string[] = [];
    for (const [index, said] of refused) {
      const { sql, instead } = steps[index] as Step;
      if (instead && instead.length > 1) smaller.push(...instead);
      else this.notes.push(`left out: ${sql}: ${wordsOf(said)}`);
    }
    for (const [index, said] of await this.#run(smaller)) this.notes.push(`left out: ${smaller[index]}: ${wordsOf(said)}`);
  }

  /** Describes what was made, and what was not because it would change an account that was there. */
  #told(): string[] {
    const { accounts, mandatoryRoles } = this.#globals;
    const made = accounts.filter(({ name }) => this.#made.has(name));
    const users = made.filter(({ name }) => !this.#isRole(name));
    const roles = made.filter(({ name }) => this.#isRole(name));
    const open = users.filter(({ locked }) => !locked);
    const other = open.filter(({ plugins }) => plugins.some((plugin) => !passwordPlugins.includes(plugin)));
    return [
      ...(made.length === 0 ? ['the target has all users and roles of the backup; none was made or changed'] : []),
      ...(users.length > 0 ? [`made the accounts ${namesOf(users)}, each locked and with a password that nobody knows`] : []),
      ...(open.length > 0
        ? [
            `these could log in at the source: ${namesOf(open)}. Let one log in by ALTER USER ${this.#named((open[0] as Account).name)} IDENTIFIED BY '…' ACCOUNT UNLOCK`,
          ]
        : []),
      ...other.map(({ name, plugins }) => `${name} proved its identity at the source by ${plugins.join(' or ')}, not by a password alone`),
      ...(roles.length > 0 ? [`made the roles ${roles.map(({ name }) => name.slice(0, -1)).join(', ')}; you are an administrator of them now`] : []),
      ...(mandatoryRoles !== '' && mandatoryRoles !== this.#place.mandatoryRoles
        ? [`the source's server gave these roles to everybody; for the same here: SET PERSIST mandatory_roles = ${literal(mandatoryRoles)}`]
        : []),
      ...this.#keptOf(),
    ];
  }

  /** Lists, for accounts that were there, their rights on the database and memberships in roles that were made. */
  #keptOf(): string[] {
    const { grants, memberships } = this.#globals;
    const { from } = this.#place.renamed;
    return [...this.#there, everybody].flatMap((name) => {
      const isHere = ({ account, database, object }: AccountGrant) =>
        account === name && (database === from || (object === null && database !== null && unescaped(database) === from));
      const statements = [
        ...memberships.filter(({ role, member }) => member === name && this.#made.has(role)).map((membership) => this.#membership(membership)),
        ...grants.filter(isHere).flatMap((grant) => this.#grant(grant).map(({ sql }) => sql)),
      ];
      const who = name === everybody ? 'PUBLIC is everybody' : `${name} was there already`;
      return statements.length === 0
        ? []
        : [`${who} and was not changed; what it had at the source, if it lacks that here: ${shortened(statements).join('; ')}`];
    });
  }
}

function namesOf(accounts: readonly Account[]): string {
  return accounts.map(({ name }) => name).join(', ');
}

function requirement({ type, cipher, issuer, subject }: Account['tls']): string[] {
  if (type === 'ANY') return ['REQUIRE SSL'];
  if (type === 'X509') return ['REQUIRE X509'];
  const all = Object.entries({ CIPHER: cipher, ISSUER: issuer, SUBJECT: subject }).filter(([, value]) => value !== '');
  return type === 'SPECIFIED' && all.length > 0 ? [`REQUIRE ${all.map(([name, value]) => `${name} ${literal(value)}`).join(' AND ')}`] : [];
}

function withLimits(limits: Account['limits']): string[] {
  const all = Object.entries(limits).filter(([name]) => isWord.test(name));
  return all.length === 0 ? [] : [`WITH ${all.map(([name, value]) => `${name} ${value}`).join(' ')}`];
}

/** Groups default roles by their member. */
function defaultsOf(defaults: Globals['defaults']): [member: string, roles: string[]][] {
  const found = new Map<string, string[]>();
  for (const { role, member } of defaults) found.set(member, [...(found.get(member) ?? []), role]);
  return [...found];
}

/**
 * Writes the database of a grant as this server reads it: as a name or as a pattern. The restored database has its name
 * here. Undefined for a pattern on a server that knows names alone; an `_` counts as the letter then, which gives less.
 */
function patternIn(stored: string, { from, to, source, target }: { from: string; to: string; source: boolean; target: boolean }): string | undefined {
  const name = source ? stored : unescaped(stored);
  if (stored === from || name === from) return target ? to : patternOf(to);
  if (target) return !source && /(?<!\\)%/.test(stored) ? undefined : name;
  return source ? patternOf(stored) : stored;
}
