import { expect, it } from 'vitest';
import type { Globals } from '../../../../../core/engines/mysql/globals-schema.ts';
import { AccountMaking, type Place } from '../../../../../core/engines/mysql/restore/make-accounts.ts';

type Grant = Globals['grants'][number];

const place: Place = { family: 'mysql', renamed: { from: 'my_shop', to: 'a_copy' }, literalNames: false, mandatoryRoles: '' };

const accountOf = (name: string) => ({
  name,
  locked: false,
  plugins: ['caching_sha2_password'],
  tls: { type: '', cipher: '', issuer: '', subject: '' },
  limits: {},
  passwordDays: null,
  attribute: null,
});

const grantOf = (grant: Partial<Grant>): Grant => ({
  account: 'app@%',
  revoked: false,
  rights: ['SELECT'],
  database: 'my_shop',
  object: null,
  option: false,
  ...grant,
});

/** Makes the accounts, with answers of the server by statement. Returns the statements that it was given, and the notes. */
async function made(
  globals: Partial<Globals>,
  { here = {}, refusing = () => undefined }: { here?: Partial<Place>; refusing?: (sql: string) => string | undefined } = {},
) {
  const given: string[] = [];
  const whole: Globals = {
    accounts: [accountOf('app@%')],
    memberships: [],
    defaults: [],
    grants: [],
    proxies: [],
    literalNames: false,
    mandatoryRoles: '',
    ...globals,
  };
  const making = new AccountMaking(whole, { ...place, ...here }, async (statements) => {
    given.push(...statements);
    return new Map(statements.flatMap((sql, index) => (refusing(sql) === undefined ? [] : [[index, refusing(sql) as string]])));
  });
  await making.before();
  await making.after();
  return { given: given.filter((sql) => !sql.startsWith('CREATE ')), all: given, notes: making.notes };
}

it.each<[what: string, Partial<Grant>, source: boolean, target: boolean, string | undefined]>([
  ['the database itself', { database: 'my\\_shop' }, false, false, '`a\\_copy`.*'],
  ['the database itself, without its escape', { database: 'my_shop' }, false, false, '`a\\_copy`.*'],
  ['the database itself, where names are literal', { database: 'my_shop' }, true, true, '`a_copy`.*'],
  ['a pattern', { database: 'my%' }, false, false, '`my%`.*'],
  ['a name that would be a pattern here', { database: 'a_b%' }, true, false, '`a\\_b\\%`.*'],
  ['an escaped name, where names are literal', { database: 'a\\_b' }, false, true, '`a_b`.*'],
  ['a pattern, where names are literal', { database: 'a%' }, false, true, undefined],
  ['everything', { database: null }, false, false, '*.*'],
  ['a column', { object: { kind: 'TABLE', name: 't', column: 'a`, (b' } }, false, false, 'TABLE `a_copy`.`t`'],
  ['a procedure elsewhere', { database: 'other', object: { kind: 'PROCEDURE', name: 'p', column: null } }, false, false, 'PROCEDURE `other`.`p`'],
])('a right on %s is given where it means the same', async (_, grant, source, target, on) => {
  const { given, notes } = await made({ grants: [grantOf(grant)], literalNames: source }, { here: { literalNames: target } });
  const column = grant.object?.column ? ' (`a``, (b`)' : '';
  expect(given).toEqual(on === undefined ? [] : [`GRANT SELECT${column} ON ${on} TO 'app'@'%'`]);
  expect(notes.filter((note) => note.startsWith('left out'))).toHaveLength(on === undefined ? 1 : 0);
});

it('rights that are revoked for a database are given only where they can be revoked', async () => {
  const grants = [grantOf({ database: null }), grantOf({ database: 'mysql', revoked: true }), grantOf({ database: 'other' })];
  const taking = await made({ grants, literalNames: true }, { here: { literalNames: true } });
  expect(taking.given).toEqual(["GRANT SELECT ON *.* TO 'app'@'%'", "REVOKE SELECT ON `mysql`.* FROM 'app'@'%'", "GRANT SELECT ON `other`.* TO 'app'@'%'"]);
  const other = await made({ grants, literalNames: true });
  expect(other.given).toEqual(["GRANT SELECT ON `other`.* TO 'app'@'%'"]);
  expect(other.notes).toContainEqual(expect.stringMatching(/left out: the rights of app@% on everything/));
});

it('an account that cannot be made gets nothing, one that is there is not changed, and what is refused is tried in its parts', async () => {
  const accounts = ['app@%', 'there@%', 'bad@%'].map(accountOf);
  const grants = accounts.map(({ name }) => grantOf({ account: name, rights: ['SELECT', 'NEW_RIGHT'], option: true }));
  const refusing = (sql: string) => {
    if (sql.startsWith("CREATE USER 'there'")) return "ERROR 1396 (HY000): Operation CREATE USER failed for 'there'@'%'";
    if (sql.startsWith("CREATE USER 'bad'")) return 'ERROR 1819 (HY000): Your password does not satisfy the current policy requirements';
    return sql.includes('NEW_RIGHT') ? 'ERROR 1149 (42000): unknown' : undefined;
  };
  const { given, notes } = await made({ accounts, grants, memberships: [{ role: 'app@%', member: 'there@%', admin: false }] }, { refusing });
  expect(given).toEqual([
    "GRANT SELECT, NEW_RIGHT ON `a\\_copy`.* TO 'app'@'%' WITH GRANT OPTION",
    "GRANT SELECT ON `a\\_copy`.* TO 'app'@'%' WITH GRANT OPTION",
    "GRANT NEW_RIGHT ON `a\\_copy`.* TO 'app'@'%' WITH GRANT OPTION",
  ]);
  expect(notes).toContainEqual(expect.stringMatching(/^left out: the account bad@%: .*policy/));
  expect(notes).toContainEqual(expect.stringMatching(/^left out: GRANT NEW_RIGHT ON .*unknown/));
  expect(notes).toContainEqual(expect.stringMatching(/^there@% was there already .*: GRANT 'app'@'%' TO 'there'@'%'; GRANT SELECT, NEW_RIGHT ON `a\\_copy`/));
});

it('nothing in a scan becomes a statement of its own', async () => {
  const evil = `x'; DROP USER root; -- \\`;
  const account = {
    ...accountOf(`${evil}@${evil}`),
    attribute: evil,
    limits: { 'MAX; DROP': 1 },
    tls: { type: 'SPECIFIED', cipher: '', issuer: evil, subject: '' },
  };
  const { all, notes } = await made({
    accounts: [account],
    memberships: [{ role: `${evil}@%`, member: account.name, admin: false }],
    grants: [
      grantOf({ account: account.name, rights: ['SELECT ON *.* TO root; --'] }),
      grantOf({ account: account.name, object: { kind: 'TABLE; --', name: 'x', column: null } }),
      grantOf({ account: account.name, database: '`.*; --' }),
    ],
  });
  const withoutQuoted = all.map((sql) => sql.replace(/'(?:[^'\\]|\\.)*'|`(?:[^`]|``)*`/gs, '?'));
  expect(withoutQuoted).toEqual([
    'CREATE USER ?@? IDENTIFIED BY ? ACCOUNT LOCK',
    'ALTER USER ?@? REQUIRE ISSUER ? ATTRIBUTE ?',
    'GRANT ?@? TO ?@?',
    'GRANT SELECT ON ?.* TO ?@?',
  ]);
  expect(notes.filter((note) => note.startsWith('left out'))).toHaveLength(2);
});
