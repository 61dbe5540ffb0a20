import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { familyOfServer, mysqlServerNames } from './mysql-programs.ts';
import { mysqlQuery, startMysqlServer } from './mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from './mysql-servers.ts';
import { coldStart } from './programs.ts';

/** Plug-ins that check passwords on each product's servers. */
const plugins = { mysql: ['caching_sha2_password'], mariadb: ['mysql_native_password', 'ed25519'] };

const byNetwork = { overSocket: false };

describe.each(mysqlServerNames)('the test server %s', (name) => {
  const family = familyOfServer(name);

  it(
    'is that product and version, and one server for everybody',
    async () => {
      const server = await mysqlServer(name);
      const version = await mysqlQuery(server, 'SELECT version()');
      expect(version).toMatch(new RegExp(`^${name.replace(/^[a-z]+-/, '').replace('.', '\\.')}\\.`));
      expect(/MariaDB/.test(version)).toBe(family === 'mariadb');
      expect(await mysqlServer(name)).toEqual(server);
    },
    coldStart,
  );

  it('asks for a password and refuses a wrong one', async () => {
    const server = await mysqlServer(name);
    await expect(mysqlQuery({ ...server, password: 'wrong' }, 'SELECT 1', byNetwork)).rejects.toThrow('Access denied');
    await expect(mysqlQuery({ ...server, user: 'stranger' }, 'SELECT 1', byNetwork)).rejects.toThrow('Access denied');
  });

  it('speaks TLS with a certificate that its authority, and no other, vouches for', async () => {
    const server = await mysqlServer(name);
    expect(await mysqlQuery(server, "SHOW STATUS LIKE 'Ssl_version'", byNetwork)).toMatch(/TLSv1\.[23]/);
    await expect(mysqlQuery({ ...server, ca: server.foreignCa }, 'SELECT 1', byNetwork)).rejects.toThrow(
      /certificate verify failed|unable to get local issuer|self-signed/i,
    );
  });

  it.each(plugins[family])('lets a user in whose password %s checks', async (plugin) => {
    const server = await mysqlServer(name);
    if (plugin === 'ed25519') await mysqlQuery(server, "INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'");
    const user = await newMysqlUser(server);
    const as = family === 'mysql' ? `WITH ${plugin} BY '${user.password}'` : `VIA ${plugin} USING PASSWORD('${user.password}')`;
    await mysqlQuery(server, `ALTER USER ${user.user}@'%' IDENTIFIED ${as}`);
    expect(await mysqlQuery(user, 'SELECT user()')).toContain(user.user);
    await expect(mysqlQuery({ ...user, password: 'wrong' }, 'SELECT 1')).rejects.toThrow('Access denied');
  });

  it('lets a user do what was granted and no more', async () => {
    const server = await mysqlServer(name);
    const [mine, other] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    for (const database of [mine, other]) await mysqlQuery(server, 'CREATE TABLE note (text text)', { database });
    const user = await newMysqlUser(server, `SELECT ON ${mine}.*`);
    expect(await mysqlQuery(user, 'SELECT count(*) FROM note', { database: mine })).toBe('0');
    await expect(mysqlQuery(user, 'SELECT 1', { database: other })).rejects.toThrow('Access denied');
  });

  it('answers and complains alike whether a client is kept for many scripts or started for one', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const scripts = [
      "SET @a = 1, sql_mode = '', sql_select_limit = 0; CREATE TEMPORARY TABLE t (a int); BEGIN; SELECT 1",
      'SELECT @a, database(), @@sql_mode',
      'SELECT 1;\n\nSELECT a FROM t; SELECT 2',
      "SELECT 'é\n', NULL; SELECT 2 -- the last",
      'KILL CONNECTION_ID()',
      'SELECT 3',
    ];
    for (const options of [{}, { database }]) {
      for (const script of scripts) {
        const answer = (more: object) => mysqlQuery(server, script, { ...options, ...more }).catch(String);
        expect(await answer({})).toBe(await answer({ options: ['--skip-reconnect'] }));
      }
    }
    expect(await mysqlQuery(server, `SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '${database}'`)).toBe('0');
  });

  it('knows its engines, and old character sets', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const own =
      family === 'mysql'
        ? 'CREATE TABLE j (a json)'
        : 'CREATE SEQUENCE s; CREATE TABLE v (a uuid, b inet6) WITH SYSTEM VERSIONING; CREATE TABLE a (a int) ENGINE=Aria';
    await mysqlQuery(server, `CREATE TABLE m (a text) ENGINE=MyISAM CHARSET hebrew; CREATE TABLE i (a text) CHARSET cp1251; ${own}`, { database });
    await mysqlQuery(server, "INSERT INTO i VALUES ('Борщ'); INSERT INTO m VALUES ('שלום')", { database });
    expect(await mysqlQuery(server, 'SELECT a FROM i; SELECT a FROM m', { database })).toBe('Борщ\nשלום');
  });
});

it("MySQL's client has the plug-in for the passwords of old servers", async () => {
  const server = await mysqlServer('mariadb-10.11');
  expect(await mysqlQuery({ ...server, family: 'mysql' }, "SELECT plugin FROM mysql.user WHERE user = 'root' AND host = '%'")).toBe('mysql_native_password');
});

it(
  'can show an expired certificate',
  async () => {
    await using server = await startMysqlServer('mariadb-11.8', { expired: true });
    await expect(mysqlQuery(server, 'SELECT 1', byNetwork)).rejects.toThrow(/certificate has expired/);
    expect(Date.parse(new X509Certificate(readFileSync(join(server.data, 'server.crt'))).validTo)).toBeLessThan(Date.now());
  },
  coldStart,
);
