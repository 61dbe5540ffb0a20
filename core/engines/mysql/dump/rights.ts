import type { Flaw } from '../../../documents/flaw.ts';
import { AccessDeniedError } from '../../../errors.ts';
import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import { accountName, identifier, patternOf } from '../sql-text.ts';
import { type Grants, grantsOn, may } from './grants.ts';

/**
 * Rights without which a user does not see objects of that kind: the dump tool would leave them out and succeed, or
 * stop in the middle.
 */
const neededOnDatabase: [right: string, of: Kind][] = [
  ['SELECT', 'TABLES'],
  ['SHOW VIEW', 'VIEWS'],
  ['TRIGGER', 'TRIGGERS'],
  ['EVENT', 'EVENTS'],
];

interface Circumstances {
  family: Family;
  database: string;
  /** Rights that this server knows. */
  known: ReadonlySet<string>;
  /** True if the server takes names of databases in grants as they stand. */
  literal: boolean;
}

/** A right that a complete dump needs and the user lacks, and the statement that gives it. */
export interface MissingRight {
  /** Objects that are hidden without it. */
  of: Kind;
  right: string;
  statement: string;
}

/** Rights that the user of a backup lacks. Objects that he has no right to are hidden from him. */
export interface Lacking {
  /** The user, as SQL writes an account. */
  account: string;
  database: string;
  rights: MissingRight[];
  /** True if it may read the accounts of the server. */
  seesAccounts: boolean;
}

/** Lists the rights that a complete dump needs and the user lacks. */
export async function lackingRights(session: Session, family: Family): Promise<Lacking> {
  const [user = ''] = await session.rows<string>('SELECT JSON_QUOTE(CURRENT_USER())');
  const database = await session.json<string>('SELECT JSON_QUOTE(DATABASE())');
  const known = await knownRights(session);
  const literal = await takesNamesLiterally(session);
  const lines = await grantsOf(session, family, known);
  const grants = grantsOn(database, lines, { literal });
  const seesAccounts = may(grantsOn('mysql', lines, { literal }).here, 'SELECT');
  const account = accountName(user);
  const rights = missingFrom(grants, { family, database, known, literal });
  return { account, database, seesAccounts, rights: rights.map(({ of, right, on }) => ({ of, right, statement: `GRANT ${right} ON ${on} TO ${account};` })) };
}

/** Returns true if a user lacks the right to read all tables: others than those that he sees can be there. */
export function isBlind({ rights }: Lacking): boolean {
  return rights.some(({ of }) => of === 'TABLES');
}

/** Throws AccessDeniedError with the missing rights, for a user who can read no table at all. */
export function refuseBlind(lacking: Lacking, readable: number): void {
  if (!isBlind(lacking) || readable > 0) return;
  const { account, database, rights } = lacking;
  throw new AccessDeniedError(
    `${account} lacks what a complete dump of ${database} needs: ${rights.map(({ right }) => right).join(', ')}. Without it parts of the database are hidden, and every table is. As an administrator: ${rights.map(({ statement }) => statement).join(' ')}`,
  );
}

/** Describes what is hidden from the user, and is not in the dump. Views are named one by one. */
export function flawsOfRights({ account, rights }: Lacking): Flaw[] {
  return rights
    .filter(({ of }) => of !== 'VIEWS')
    .map(({ of, statement }) => ({
      what: `${of}: ${account} ${hidden[of]} are not in the backup, if there are any. As an administrator: ${statement}`,
      remedy: `give the user the right to see all ${of.toLowerCase()}, and back up again`,
    }));
}

type Kind = 'TABLES' | 'VIEWS' | 'TRIGGERS' | 'EVENTS' | 'ROUTINES';

const hidden: Record<Kind, string> = {
  TABLES: 'sees only those that are granted to it one by one, and all others',
  VIEWS: 'is not shown their definitions, and they',
  TRIGGERS: 'is not shown any, and they',
  EVENTS: 'is not shown any, and they',
  ROUTINES: 'is not shown those of others, and they',
};

interface Missing {
  of: Kind;
  right: string;
  on: string;
}

function missingFrom(grants: Grants, circumstances: Circumstances): Missing[] {
  const { database, literal } = circumstances;
  const on = `${identifier(grants.pattern ?? (literal ? database : patternOf(database)))}.*`;
  return [
    ...neededOnDatabase.filter(([right]) => !may(grants.here, right)).map(([right, of]) => ({ of, right, on })),
    ...(seesRoutines(grants, circumstances) ? [] : [routineRight(circumstances, on)]),
  ];
}

/**
 * Returns true if the user sees the texts of routines (MySQL's manual and MariaDB's documentation, "SHOW CREATE
 * PROCEDURE").
 */
function seesRoutines({ everywhere, here, onProc }: Grants, { family, known }: Circumstances): boolean {
  if (may(everywhere, 'SELECT')) return true;
  if (family === 'mysql' && known.has('SHOW_ROUTINE')) return may(everywhere, 'SHOW_ROUTINE');
  return may(onProc, 'SELECT') || may(here, 'SHOW CREATE ROUTINE');
}

function routineRight({ known }: Circumstances, on: string): Missing {
  if (known.has('SHOW_ROUTINE')) return { of: 'ROUTINES', right: 'SHOW_ROUTINE', on: '*.*' };
  if (known.has('SHOW CREATE ROUTINE')) return { of: 'ROUTINES', right: 'SHOW CREATE ROUTINE', on };
  return { of: 'ROUTINES', right: 'SELECT', on: '`mysql`.`proc`' };
}

/**
 * Returns true if partial revokes are on: then `_`, `%` and their escapes are letters (MySQL's manual, "Privilege
 * Restriction Using Partial Revokes"). MariaDB and MySQL 5.7 have no such variable.
 */
export async function takesNamesLiterally(session: Session): Promise<boolean> {
  return (await session.ask("SHOW GLOBAL VARIABLES LIKE 'partial_revokes'")).some((line) => line.endsWith('\tON'));
}

/** Lists the rights that exist on a server, in capitals. */
export async function knownRights(session: Session): Promise<Set<string>> {
  return new Set((await session.ask('SHOW PRIVILEGES')).map((line) => (line.split('\t')[0] ?? '').toUpperCase()));
}

/**
 * Asks for the grants of the user and of the active roles, which are also active in the tool's session. MySQL shows a
 * role's rights only if asked for that role; MySQL 5.7 has no roles.
 */
export async function grantsOf(session: Session, family: Family, known: ReadonlySet<string>): Promise<string[]> {
  const roles = family === 'mysql' && known.has('ROLE_ADMIN') ? (await session.ask('SELECT CURRENT_ROLE()')).join('') : 'NONE';
  return session.ask(roles === 'NONE' ? 'SHOW GRANTS' : `SHOW GRANTS FOR CURRENT_USER() USING ${roles}`);
}
