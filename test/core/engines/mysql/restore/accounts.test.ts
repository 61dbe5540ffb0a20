import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RestoreTarget } from '../../../../../core/engines/engine.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import type { Globals } from '../../../../../core/engines/mysql/globals-schema.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const restored = ({ bytes, scan }: Dumped, into: string, choices: Partial<RestoreTarget> = {}) =>
  mysqlEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date(), withRoles: true, ...choices }, testWork());

/** The dump with these accounts alone: a shared server has those of other tests, too. */
function withOnly({ bytes, scan }: Dumped, isOurs: (name: string) => boolean): Dumped {
  const { mysql } = scan;
  if (!mysql?.globals) throw new TypeError('no accounts');
  const { accounts, memberships, defaults, grants, proxies, ...others } = mysql.globals;
  const globals: Globals = {
    ...others,
    accounts: accounts.filter(({ name }) => isOurs(name)),
    memberships: memberships.filter(({ member }) => isOurs(member)),
    defaults: defaults.filter(({ member }) => isOurs(member)),
    grants: grants.filter(({ account }) => isOurs(account)),
    proxies: proxies.filter(({ account }) => isOurs(account)),
  };
  return { bytes, scan: { ...scan, mysql: { ...mysql, globals } } };
}

describe.each(mysqlServerNames)('with the users and roles of the backup, on %s', { timeout: coldStart }, (name) => {
  /** A database and accounts with rights of every kind, in a backup; then the accounts are dropped. */
  async function source() {
    const server = await mysqlServer(name);
    const isMysql = server.family === 'mysql';
    const id = randomBytes(4).toString('hex');
    const database = await newMysqlDatabase(server, `shop_${id}`);
    const host = `10.${[...id]
      .map((letter) => letter.charCodeAt(0))
      .slice(0, 2)
      .join('.')}.%`;
    const [app, odd, nobody] = [`app_${id}@%`, `O'Neil \`x\` @ ${id}@${host}`, `@${host}`] as const;
    const [reader, writer] = ['reader', 'writer'].map((role) => `${role}_${id}${isMysql ? '@%' : '@'}`) as [string, string];
    const sql = (account: string) =>
      account.slice(0, account.lastIndexOf('@')).replaceAll("'", "''").replace(/^.*$/, "'$&'") +
      (/@$/.test(account) ? '' : `@'${account.slice(account.lastIndexOf('@') + 1)}'`);
    const users: string[] = [app, odd, nobody];
    const all = [...users, reader, writer];
    const dropAll = () =>
      mysqlQuery(
        server,
        [...users, ...(isMysql ? [reader, writer] : [])].map((each) => `DROP USER IF EXISTS ${sql(each)};`).join('') +
          (isMysql ? '' : `DROP ROLE IF EXISTS ${sql(reader)}; DROP ROLE IF EXISTS ${sql(writer)}`),
      ).then(() => undefined);
    onTestFinished(dropAll);
    await mysqlQuery(
      server,
      `CREATE TABLE t (id INT, \`b, c)\` INT); INSERT INTO t VALUES (1, 2);
      CREATE ROLE ${sql(reader)}; CREATE ROLE ${sql(writer)};
      CREATE USER ${sql(app)} IDENTIFIED BY 'The secret' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5 MAX_USER_CONNECTIONS 3 PASSWORD EXPIRE INTERVAL 90 DAY;
      CREATE USER ${sql(odd)} REQUIRE ISSUER '/CN=it''s' AND SUBJECT '/CN=y' ACCOUNT LOCK; CREATE USER ${sql(nobody)};
      CREATE DEFINER = ${sql(app)} VIEW v AS SELECT id FROM t; CREATE PROCEDURE p() SELECT 1;
      GRANT SELECT ON \`${database.replaceAll('_', '\\_')}\`.* TO ${sql(reader)}; GRANT INSERT, SELECT (id, \`b, c)\`) ON t TO ${sql(writer)};
      GRANT ${sql(reader)} TO ${sql(writer)}; GRANT ${sql(writer)} TO ${sql(app)} WITH ADMIN OPTION;
      GRANT PROCESS, RELOAD ON *.* TO ${sql(app)}; GRANT EXECUTE ON PROCEDURE p TO ${sql(odd)} WITH GRANT OPTION;
      GRANT SELECT, UPDATE ON \`elsewhere\\_${id}%\`.* TO ${sql(odd)} WITH GRANT OPTION; GRANT PROXY ON ${sql(odd)} TO ${sql(nobody)};
      SET DEFAULT ROLE ${sql(writer)} ${isMysql ? 'TO' : 'FOR'} ${sql(app)};
      ${isMysql ? `ALTER USER ${sql(app)} ATTRIBUTE '{"why": "it''s \\\\\\\\ "}'; GRANT BACKUP_ADMIN ON *.* TO ${sql(odd)}` : `GRANT CREATE ON *.* TO ${sql(writer)}`}`,
      { database },
    );
    const dumped = withOnly(await mysqlDumpOf(mysqlUrl(server, database), testWork(), { withAccounts: true }), (each) => all.includes(each));
    /** Everything that the server says of an account, except passwords and locks, with the database called `it`. */
    const said = async (called: string) => {
      const lines = await Promise.all(
        all.map((each) => mysqlQuery(server, `SHOW GRANTS FOR ${sql(each)}${users.includes(each) ? `; SHOW CREATE USER ${sql(each)}` : ''}`)),
      );
      const names = [called, called.replaceAll('_', '\\_')].flatMap((each) => [`\`${each}\``]);
      return names
        .reduce((text, each) => text.replaceAll(each, '`it`'), lines.join('\n'))
        .replace(/ IDENTIFIED (?:BY PASSWORD|WITH '\w+' AS|VIA \w+ USING) '(?:[^'\\]|\\.|'')*'| IDENTIFIED WITH '\w+'| ACCOUNT (?:UN)?LOCK/g, '')
        .split('\n')
        .sort();
    };
    return { server, database, dumped, app, odd, sql, said, dropAll };
  }

  it('makes those that the target lacks, without passwords; an ordinary user is told what could not be given', async () => {
    const { server, database, dumped, app, odd, sql, said, dropAll } = await source();
    const before = await said(database);
    expect(JSON.stringify(dumped.scan)).not.toMatch(/secret|\$A\$|\*[0-9A-F]{40}/);
    const { notes: proven, ...proof } = await mysqlProof(dumped);
    expect(proof).toMatchObject({ differences: [], flaws: [], unproven: [] });
    expect(proven.filter((note) => note.includes('accounts'))).toEqual([]);
    await dropAll();

    // the servers let only the root of their own machine name proxies
    const isProxy = (line: string) => line.includes('GRANT PROXY');
    const first = await newMysqlDatabase(server);
    const { notes } = await restored(dumped, mysqlUrl(server, first));
    expect(await said(first)).toEqual(before.filter((line) => !isProxy(line)));
    expect(notes.filter((note) => note.startsWith('left out'))).toEqual([expect.stringMatching(/GRANT PROXY .* denied/)]);
    expect(notes).toContainEqual(expect.stringMatching(/^made the accounts .*each locked and with a password that nobody knows/));
    expect(notes).toContainEqual(expect.stringMatching(new RegExp(`could log in at the source: [^;]*${app}.*ACCOUNT UNLOCK`)));
    expect(notes.join()).not.toContain(`could log in at the source: ${odd}`);
    await expect(mysqlQuery({ ...server, user: app.replace(/@.*/, ''), password: '' }, 'SELECT 1')).rejects.toThrow(/locked|denied/i);

    if (name === 'mariadb-10.11') return; // the rest is the same as in a newer version

    await mysqlQuery(server, `ALTER USER ${sql(odd)} WITH MAX_QUERIES_PER_HOUR 77; REVOKE EXECUTE ON PROCEDURE \`${first}\`.p FROM ${sql(odd)}`);
    const changed = await said(first);
    const second = await newMysqlDatabase(server);
    const again = (await restored(dumped, mysqlUrl(server, second))).notes;
    expect(await said(first)).toEqual(changed);
    expect(again).toContainEqual(expect.stringContaining('none was made or changed'));
    const [statement = ''] = again.flatMap((note) => /^O'Neil .* was there already and was not changed; .*: (GRANT EXECUTE .*)$/.exec(note)?.[1] ?? []);
    await mysqlQuery(server, statement);
    expect((await said(second)).filter((line) => line.includes('EXECUTE'))).toEqual(before.filter((line) => line.includes('EXECUTE')));
    // MySQL lets an ordinary user make no account that a view names already
    for (const each of [database, first, second]) await mysqlQuery(server, 'DROP VIEW v', { database: each });
    await dropAll();

    const third = await newMysqlDatabase(server);
    const user = await newMysqlUser(server, `ALL ON ${third}.*`);
    const into = mysqlUrl(user, third);
    const asOrdinary = { withoutOwners: true };
    await expect(restored(dumped, into, asOrdinary)).rejects.toMatchObject({
      name: 'RefusedError',
      message: expect.stringContaining('GRANT CREATE USER ON *.*'),
    });
    await mysqlQuery(server, `GRANT CREATE USER ON *.* TO ${user.user}@'%'; GRANT SELECT ON ${third}.* TO ${user.user}@'%' WITH GRANT OPTION`);
    await expect(restored(altered(dumped, '(1,2)', '(1,2,3)'), into, asOrdinary)).rejects.toMatchObject({ name: 'RestoreFailedError' });
    await expect(said(third)).rejects.toThrow('no such grant');
    await mysqlQuery(server, 'DROP TABLE t', { database: third });
    const told = (await restored(dumped, into, asOrdinary)).notes;
    expect(told).toContainEqual(expect.stringMatching(/^left out: GRANT PROCESS ON \*\.\* TO .*denied/));
    expect(told.filter((note) => note.includes('`elsewhere')).length).toBeGreaterThan(0);
    expect((await said(third)).filter((line) => /EXECUTE|ON `it`\.\*/.test(line)).length).toBeGreaterThan(0);
  });
});

it('a proof names what cannot be made; a backup without users is refused --with-roles', { timeout: coldStart }, async () => {
  const server = await mysqlServer('mariadb-11.8');
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, 'CREATE TABLE t (id INT)', { database });
  const dumped = await mysqlDumpOf(mysqlUrl(server, database));
  await expect(restored(dumped, mysqlUrl(server, await newMysqlDatabase(server)))).rejects.toThrow('the backup holds no users and roles');
  const { mysql } = dumped.scan;
  if (!mysql) throw new TypeError('no part mysql');
  const account = {
    name: 'some@%',
    locked: false,
    plugins: [],
    tls: { type: '', cipher: '', issuer: '', subject: '' },
    limits: {},
    passwordDays: null,
    attribute: null,
  };
  const grant = { account: account.name, revoked: false, database, object: null, option: false };
  const globals: Globals = {
    accounts: [account],
    memberships: [{ role: 'nobody@', member: account.name, admin: false }],
    defaults: [],
    grants: [
      { ...grant, rights: ['SELECT', 'NO SUCH RIGHT'] },
      { ...grant, database: 'elsewhere', rights: ['SELECT'], object: { kind: 'TABLE', name: 't', column: null } },
    ],
    proxies: [],
    literalNames: false,
    mandatoryRoles: '',
  };
  expect(await mysqlProof({ ...dumped, scan: { ...dumped.scan, mysql: { ...mysql, globals } } })).toMatchObject({
    flaws: [],
    unproven: [],
    notes: [
      expect.stringMatching(/^of the server's accounts: left out: GRANT 'nobody' TO 'some'@'%': /),
      expect.stringMatching(/^of the server's accounts: left out: GRANT NO SUCH RIGHT ON /),
      expect.stringMatching(/^of the server's accounts: 1 grant on single objects of other databases not proven/),
    ],
  });
});
