import { shortened } from '../../../documents/shortened.ts';
import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import { identifier } from '../sql-text.ts';
import { may, rightsIn } from './grants.ts';
import { grantsOf, knownRights } from './rights.ts';

/**
 * Rights with which a function can change nothing. A function cannot hold statements that make or remove objects, or
 * that grant.
 */
const harmless = new Set([
  ...['USAGE', 'SELECT', 'EXECUTE', 'SHOW VIEW', 'SHOW DATABASES', 'SHOW CREATE ROUTINE', 'TRIGGER', 'EVENT', 'LOCK TABLES', 'PROCESS', 'RELOAD'],
  ...['REFERENCES', 'INDEX', 'CREATE', 'CREATE VIEW', 'CREATE ROUTINE', 'ALTER ROUTINE', 'CREATE TEMPORARY TABLES', 'REPLICATION CLIENT', 'BINLOG MONITOR'],
]);
const mostNamed = 3;

/** Views that run with the rights of their reader. Neither this query nor the next opens a view. */
const invokerViews = `SELECT JSON_OBJECT('name', TABLE_NAME, 'text', VIEW_DEFINITION) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() AND SECURITY_TYPE = 'INVOKER' ORDER BY TABLE_NAME`;
const allViews = `SELECT JSON_OBJECT('name', TABLE_NAME, 'text', VIEW_DEFINITION) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`;
const invokerRoutines = `SELECT JSON_QUOTE(ROUTINE_NAME) FROM information_schema.ROUTINES WHERE SECURITY_TYPE = 'INVOKER'`;
/**
 * A string, or a name before a parenthesis, with the name that it is qualified by. Servers write only calls of stored
 * functions in this form.
 */
const call = /'(?:[^'\\]|\\.|'')*'|((?:`(?:[^`]|``)*`\.)*`(?:[^`]|``)*`)\(/gs;

const readOnly = 'Let a user who may only read back it up (SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE on the database, and what shows it the routines)';

/** A view that a backup leaves out. */
export interface LeftOut {
  name: string;
  /** Query of the view, as the server keeps it. */
  query: string;
  /** Reason, and the remedy. */
  reason: string;
}

/**
 * Finds views through which another user's function would run with our rights, and views that read those. MariaDB can
 * run functions in a view whenever the view is opened, which mariadb-dump does to ask for its definition; MySQL runs
 * none.
 */
export async function unsafeViews(session: Session, family: Family): Promise<LeftOut[]> {
  const powers = family === 'mysql' ? [] : await powersOf(session, family);
  if (powers.length === 0) return [];
  const routines = new Set((await session.rows<string>(invokerRoutines)).map((name) => name.toLowerCase()));
  const found: LeftOut[] = [];
  for (const { name, text } of await session.rows<{ name: string; text: string }>(invokerViews)) {
    const called = callsIn(text).find((names) => names.some((each) => routines.has(each.toLowerCase())));
    if (called === undefined) continue;
    const reason = `it calls ${called.join('.')} with the rights of whoever reads it (SQL SECURITY INVOKER), and MariaDB may run that when mariadb-dump asks for the view: it could do all that this user may (${shortened(powers, mostNamed).join(', ')}). ${readOnly}, or give the view or the function SQL SECURITY DEFINER`;
    found.push({ name, query: text, reason });
  }
  if (found.length > 0) found.push(...viewsOf(found, await session.rows<{ name: string; text: string }>(allViews)));
  return found;
}

/** Finds views that read these, directly or through others: they could not be made without them. */
function viewsOf(some: readonly LeftOut[], views: readonly { name: string; text: string }[]): LeftOut[] {
  const names = new Map(some.map(({ name }) => [identifier(name), name]));
  const found: LeftOut[] = [];
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const { name, text } of views) {
      const read = [...names].find(([written]) => text.includes(written))?.[1];
      if (names.has(identifier(name)) || read === undefined) continue;
      names.set(identifier(name), name);
      found.push({ name, query: text, reason: `it reads the view ${read}, which is left out` });
      isNew = true;
    }
  }
  return found;
}

/** Remarks on code of the server and the database that runs in the dump's sessions and cannot be switched off there. */
export async function remarksOn(session: Session, family: Family): Promise<string[]> {
  const rights = rightsIn(await grantsOf(session, family, await knownRights(session)));
  const spared = ['SUPER', 'CONNECTION_ADMIN', 'CONNECTION ADMIN'].some((right) => may(rights, right));
  const greets = (await session.json<number>("SELECT @@GLOBAL.init_connect <> ''")) === 1;
  const powers = family === 'mariadb' ? await powersOf(session, family) : [];
  return [
    ...(await unsafeViews(session, family)).map(toldOf),
    ...(greets && !spared ? ["the server's init_connect runs in every session of a backup, as its user; what it calls must be only an administrator's"] : []),
    ...(powers.length > 0
      ? [
          `MariaDB runs functions in views of SQL SECURITY INVOKER when mariadb-dump asks for the views, and this user may do more than read (${shortened(powers, mostNamed).join(', ')}): who makes such a view during a dump could do that too. ${readOnly}`,
        ]
      : []),
  ];
}

/** Describes, in a sentence, a view that is left out. */
export function toldOf({ name, reason }: LeftOut): string {
  return `the view ${name} is left out of the backup: ${reason}`;
}

/** Lists those of our rights with which a function could do harm. */
async function powersOf(session: Session, family: Family): Promise<string[]> {
  return [...rightsIn(await grantsOf(session, family, await knownRights(session)))].filter((right) => !harmless.has(right));
}

function callsIn(view: string): string[][] {
  return [...view.matchAll(call)].flatMap(([, path]) =>
    path === undefined ? [] : [[...path.matchAll(/`((?:[^`]|``)*)`/g)].map(([, name = '']) => name.replaceAll('``', '`'))],
  );
}
