import { counted } from '../../../figures.ts';
import { everybody } from '../dump/globals.ts';
import type { Account, AccountGrant, Globals } from '../globals-schema.ts';
import { AccountMaking } from '../restore/make-accounts.ts';
import { grantee, unescaped } from '../sql-text.ts';
import type { ScratchDatabase, Source } from './scratch-database.ts';

/**
 * Makes the accounts of the source in the scratch server, by the statements of a restore, and compares what the server
 * then says of them with the scan. Runs after everything else: it removes the accounts that the dump needed. Returns
 * notes about what could not be made or came back otherwise.
 */
export async function proveAccounts(scratch: ScratchDatabase, { database, globals }: Source): Promise<string[]> {
  if (!globals || globals.accounts.length === 0) return [];
  const isElsewhere = ({ object, database: on }: AccountGrant) => object !== null && on !== database;
  const elsewhere = globals.grants.filter(isElsewhere);
  const expected = { ...globals, grants: globals.grants.filter((grant) => !isElsewhere(grant) && grant.account !== everybody) };
  const run = (statements: readonly string[]) => scratch.administer(statements);
  const kinds = scratch.family === 'mariadb' ? ['USER', 'ROLE'] : ['USER'];
  const dropping = kinds.flatMap((kind) =>
    globals.accounts
      .filter(({ name }) => scratch.family === 'mysql' || name.endsWith('@') === (kind === 'ROLE'))
      .map(({ name }) => `DROP ${kind} IF EXISTS ${grantee(name, scratch.family)}`),
  );
  await run([...(globals.literalNames ? ['SET GLOBAL partial_revokes = ON'] : []), ...dropping]);
  const { family } = scratch;
  const { literalNames, mandatoryRoles } = globals;
  const making = new AccountMaking(expected, { family, renamed: { from: database, to: database }, literalNames, mandatoryRoles }, run);
  await making.before();
  await making.after();
  const left = making.notes.filter((note) => note.startsWith('left out: '));
  const told = left.length > 0 ? left : unlike(expected, await scratch.globals());
  const untried =
    elsewhere.length > 0 ? [`${counted(elsewhere.length, 'grant')} on single objects of other databases not proven, because these are not here`] : [];
  return [...told, ...untried].map((note) => `of the server's accounts: ${note}`);
}

/** Lists accounts, memberships and rights that came back otherwise. */
function unlike(expected: Globals, found: Globals): string[] {
  const account = ({ name, tls, limits, passwordDays, attribute }: Account) =>
    `the account ${name} (${[...Object.values(tls), ...Object.entries(limits).flat(), passwordDays, attribute].filter((each) => each !== '' && each !== null).join(', ')})`;
  const grant = ({ account: to, revoked, rights, database, object, option }: AccountGrant) =>
    rights.map((right) => {
      const name = database === null ? 'everything' : object ? database : unescaped(database);
      const on = [name, ...(object ? [object.kind, object.name, object.column ?? ''] : [])].join(' ').trim();
      return `${right} on ${on}, ${revoked ? 'taken from' : 'given to'} ${to}${option ? ', who may give it' : ''}`;
    });
  const described = ({ accounts, memberships, defaults, grants, proxies }: Globals) => [
    ...accounts.map(account),
    ...memberships.map(({ role, member, admin }) => `${member} as a member of ${role}${admin ? ', with ADMIN' : ''}`),
    ...defaults.map(({ role, member }) => `${role} as a default role of ${member}`),
    ...grants.flatMap(grant),
    ...proxies.map(({ account: name, proxied, option }) => `${name} as a proxy of ${proxied}${option ? ', with GRANT' : ''}`),
  ];
  const there = new Set(described(found));
  return described(expected)
    .filter((what) => !there.has(what))
    .map((what) => `${what} came back otherwise`);
}
