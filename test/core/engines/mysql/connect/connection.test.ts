import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Access } from '../../../../../core/engines/mysql/connect/access.ts';
import { addressOf } from '../../../../../core/engines/mysql/connect/address.ts';
import { addressForPeople, connectionOf } from '../../../../../core/engines/mysql/connect/connection.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

it.each<[string, object]>([
  [
    'mysql://u:p@db.example.org/shop',
    { host: 'db.example.org', port: 3306, user: 'u', password: 'p', database: 'shop', tls: 'VERIFY_IDENTITY', clearText: false },
  ],
  ['mariadb://u@localhost:3307/shop', { host: 'localhost', port: 3307, password: '', tls: 'PREFERRED' }],
  ['mysql://u@127.0.0.1/shop', { tls: 'PREFERRED' }],
  ['mysql://u@127.0.0.1.example.org/shop', { tls: 'VERIFY_IDENTITY' }],
  ['mysql://u@[::1]/shop', { host: '::1', tls: 'PREFERRED' }],
  ['mysql://u@10.0.0.1/shop?ssl-mode=required', { tls: 'REQUIRED' }],
  ['mysql://u@127.0.0.1/shop?ssl-ca=/etc/ca.pem', { tls: 'VERIFY_IDENTITY', authorities: '/etc/ca.pem' }],
  ['mysql://u@db/shop?ssl-mode=VERIFY_CA&ssl-ca=rds', { tls: 'VERIFY_CA', authorities: 'rds' }],
  ['mysql://u@x/shop?socket=%2Frun%2Fmysqld%2Fmysqld.sock', { socket: '/run/mysqld/mysqld.sock', tls: 'PREFERRED' }],
  ['mysql://u:p@/shop?socket=/run/s', { host: 'localhost', port: 3306, socket: '/run/s', user: 'u', password: 'p' }],
  [
    'mysql+pymysql://u@localhost/shop?charset=utf8mb4&serverVersion=8.0.32&parseTime=true',
    { host: 'localhost', port: 3306, database: 'shop', tls: 'PREFERRED' },
  ],
  ['mysql2://u@localhost/shop?pool=5', { host: 'localhost', database: 'shop' }],
  ['mysql://a%40b%3Ac:%2F%3F%23%25@db/a%2Fb', { user: 'a@b:c', password: '/?#%', database: 'a/b' }],
])('reads %s', (address, expected) => {
  expect(connectionOf(address)).toMatchObject(expected);
});

it.each([
  ['postgres://u:secret@db/shop', 'is not a URL; write mysql://'],
  ['mysql://u:secret@db', 'names no database'],
  ['mysql://u:secret@db:1,other:2/shop', 'several hosts'],
  ['mysql://:secret@db/shop', 'names no user'],
  ['mysql://u:sec/ret@db/shop', 'is not a URL; write mysql://'],
  ['mysql://u:1/secret@db/shop', 'must be escaped'],
  ['mysql://u:secret@db:0/shop', 'has the port 0'],
  ['mysql://u:secret@db/shop?sslmode=require', 'a parameter that is not known: sslmode; known are ssl-mode,'],
  ['mysql://u:secret@db/shop?ssl-mode=secret!', 'has ssl-mode=… (not shown), which is not known; write DISABLED, PREFERRED'],
  ['mysql://u:secret@db/shop?ssl-mode=REQUIRED&ssl-ca=rds', 'the server is verified, and ssl-mode=REQUIRED would not'],
  ['mysql://u:secret@127.0.0.1/shop?enable-cleartext-plugin=1', 'write ssl-mode=VERIFY_IDENTITY'],
  ['mysql://u:secret%00@db/shop', 'a zero byte'],
  [`mysql://u:${'secret'.repeat(400)}@db/shop`, 'more than 2000 bytes'],
])('refuses %s', (address, reason) => {
  expect(() => connectionOf(address)).toThrow(reason);
  expect(() => connectionOf(address)).not.toThrow('secret');
});

it.each([
  ['mysql://u:p@db/shop', 'shop at db'],
  ['mysql://u:p@[::1]:3307/shop', 'shop at [::1]:3307'],
  ['mysql://u:p@x/shop?socket=%2Fs', 'shop at /s'],
])('shows where %s leads', (address, place) => {
  expect(addressForPeople(address)).toBe(place);
});

it('makes an address of what RDS writes into a secret, and of a token of IAM', async () => {
  const written = JSON.stringify({ engine: 'mysql', username: 'u', password: 'p/?#', host: 'db.rds.amazonaws.com', port: 3306, dbname: 'shop' });
  const options = { secret: 'prod/shop', sslmode: 'verify-full', sslrootcert: 'rds' } as const;
  const iam = { host: 'db.rds.amazonaws.com', port: 3306, user: 'u', database: 'shop', sslrootcert: 'rds' };

  expect(connectionOf(await addressOf(options, async () => written))).toMatchObject({
    password: 'p/?#',
    tls: 'VERIFY_IDENTITY',
    authorities: 'rds',
    clearText: false,
  });
  expect(connectionOf(await addressOf({ iam }, async () => 'a-token'))).toMatchObject({
    password: 'a-token',
    tls: 'VERIFY_IDENTITY',
    authorities: 'rds',
    clearText: true,
  });
  await expect(addressOf(options, async () => written.replace('"mysql"', '"postgres"'))).rejects.toThrow('is of another engine than MySQL or MariaDB');
});

it('the files with password and authorities are private, and go', async () => {
  const work = testWork();
  const access = await Access.open(connectionOf('mysql://u:secret@db.example.org/shop'), work.scratch);

  const [folder = ''] = leftIn(work);
  const files = readdirSync(join(work.scratch, folder));
  expect(files.sort()).toEqual(['authorities.pem', 'mariadb.cnf', 'mysql.cnf']);
  expect(statSync(join(work.scratch, folder)).mode & 0o777).toBe(0o700);
  for (const file of files) expect(statSync(join(work.scratch, folder, file)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(work.scratch, folder, 'mysql.cnf'), 'utf8')).toContain('password="secret"');
  await access[Symbol.asyncDispose]();
  expect(leftIn(work)).toEqual([]);
});

/** Every printable character of ASCII, and others that files of options, URLs or SQL treat in their own way. */
const awkward = `a'b"c\\d%e f=g&h?i#j/k@l:m;n$o\`é漢𝄞[]{}|<>~!^*()+-_,. \t\n\r\b\\n\\s`;

describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('%s', { timeout: coldStart }, (name) => {
  it('is reached by a user and password of every awkward character, by TCP and by socket', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const user = `u'"\\# ;@\`é ${name.slice(-4)}`;
    const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
    await mysqlQuery(server, `CREATE USER ${quoted(user)}@'%' IDENTIFIED BY ${quoted(awkward)}; GRANT ALL ON *.* TO ${quoted(user)}@'%'`, {
      options: ['--binary-mode'],
    });
    onTestFinished(() => mysqlQuery(server, `DROP USER ${quoted(user)}@'%'`).then(() => undefined));

    await mysqlDumpOf(mysqlUrl({ ...server, user, password: awkward }, database));
    await mysqlDumpOf(mysqlUrl({ ...server, user, password: awkward }, database, { socket: server.socket }));
    await expect(mysqlDumpOf(mysqlUrl({ ...server, user, password: `${awkward}.` }, database))).rejects.toMatchObject({ name: 'AccessDeniedError' });
  });
});

it.each(['--all-databases', `q'"\\ back\`tick 漢字 é`])('dumps and proves a database named %j', { timeout: coldStart }, async (database) => {
  const server = await mysqlServer('mariadb-11.8');
  await newMysqlDatabase(server, database);
  await mysqlQuery(server, 'CREATE TABLE t (id INT); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT id FROM t', { database });

  const dumped = await mysqlDumpOf(mysqlUrl(server, database));

  expect(dumped.scan).toMatchObject({ mysql: { database }, tables: [{ name: 't', rows: 1 }], objects: { VIEW: 1 } });
  expect(await mysqlProof(dumped)).toMatchObject({ differences: [], unproven: [] });
});
