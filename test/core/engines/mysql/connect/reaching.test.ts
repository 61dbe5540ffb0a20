import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressForPeople, connectionOf } from '../../../../../core/engines/mysql/connect/connection.ts';
import { dump } from '../../../../../core/engines/mysql/dump/dump.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { accountName, literal } from '../../../../../core/engines/mysql/sql-text.ts';
import { ConfigurationError } from '../../../../../core/errors.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { familyOfServer, mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { children, shownBy } from '../../../../support/processes.ts';
import { coldStart } from '../../../../support/programs.ts';

const escaped = encodeURIComponent;
const plain = { host: 'h', port: 3306, user: 'u', password: '', database: 'd', tls: 'VERIFY_IDENTITY', clearText: false };

describe('an address', () => {
  it.each<[string, object]>([
    ['mysql://u:p@h:3307/d', { ...plain, password: 'p', port: 3307 }],
    ['mariadb://u@h/d', plain],
    ['mysql://u@h/d?ssl-mode=verify_ca&ssl-ca=/a%20b', { ...plain, tls: 'VERIFY_CA', authorities: '/a b' }],
    ['mysql://u@h/d?ssl-ca=rds', { ...plain, authorities: 'rds' }],
    ['mysql://u@h/d?ssl-mode=DISABLED', { ...plain, tls: 'DISABLED' }],
    ['mysql://u@h/d?ssl-cert=/c&ssl-key=/k', { ...plain, certificate: '/c', key: '/k' }],
    ['mysql://u@h/d?enable-cleartext-plugin=1', { ...plain, clearText: true }],
    ['mysql://u@127.0.0.1/d', { ...plain, host: '127.0.0.1', tls: 'PREFERRED' }],
    ['mysql://u@[::1]/d', { ...plain, host: '::1', tls: 'PREFERRED' }],
    ['mysql://u@localhost/d?ssl-ca=/a', { ...plain, host: 'localhost', authorities: '/a' }],
    ['mysql://u@localhost/d?socket=/run/a+b', { ...plain, host: 'localhost', socket: '/run/a+b', tls: 'PREFERRED' }],
    ['mysql://u@h/a/b', { ...plain, database: 'a/b' }],
  ])('%j', (address, connection) => {
    expect(connectionOf(address)).toEqual(connection);
  });

  it('gives back any user, password and database that was escaped', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((any) => !any.includes('\0') && any.isWellFormed() && !/^\.\.?$/.test(any));
    const name = text.filter((any) => !/[\u{10000}-\u{10ffff}]/u.test(any));
    fc.assert(
      fc.property(text, text, name, (user, password, database) => {
        expect(connectionOf(`mysql://${escaped(user)}:${escaped(password)}@h/${escaped(database)}`)).toEqual({ ...plain, user, password, database });
      }),
    );
  });
});

const secret = 'S3cret';

describe('an address that cannot be used is refused, and nothing of its password is told', () => {
  it.each([
    ['', 'not a URL'],
    [`postgres://u:${secret}@h/d`, 'not a URL'],
    [`mysql:${secret}`, 'not a URL'],
    [`mysql://u:${secret}@h:65536/d`, 'not a URL'],
    [`mysql://u:${secret}@h:0/d`, 'the port 0; write a number from 1 to 65535'],
    [`mysql://u:${secret}@h`, 'names no database'],
    [`mysql://:${secret}@h/d`, 'names no user'],
    [`mysql://u:${secret}%@h/d`, '"%"'],
    [`mysql://u:${secret}%00@h/d`, 'zero byte'],
    [`mysql://u:1/${secret}@h/d`, 'escaped'],
    [`mysql://u:x@h/d?${secret}=1`, 'not known;'],
    [`mysql://u:x@h/d?password=${secret}`, 'not known: password;'],
    [`mysql://u:x@h/d?ssl-mode=${secret}`, 'ssl-mode=… (not shown)'],
    ['mysql://u:x@h/d?ssl-mode=maybe', 'ssl-mode=maybe, which is not known; write DISABLED, PREFERRED, REQUIRED'],
    ['mysql://u:x@h/d?ssl-ca=rds&ssl-mode=REQUIRED', 'ssl-mode=REQUIRED would not; write ssl-mode=VERIFY_IDENTITY'],
    ['mysql://u:x@h/d?enable-cleartext-plugin=1&ssl-mode=REQUIRED', 'a server whose identity is verified'],
    [`mysql://u:${secret}@h/🐘`, 'a character beyond U+FFFF'], // the server would take it for a question mark, which is the name of another database
    [`mysql://u:${secret.repeat(400)}@h/d`, 'more than 2000 bytes'],
  ])('%j', (address, words) => {
    const refuse = () => connectionOf(address);
    expect(refuse).toThrow(ConfigurationError);
    expect(refuse).toThrow(words);
    expect(refuse).not.toThrow(/s3cret/i);
    expect(() => addressForPeople(address)).not.toThrow(/s3cret/i);
  });
});

it.each([
  ['mysql://u:p@h:3307/d', 'd at h:3307'],
  ['mariadb://u:p@h/d', 'd at h'],
  ['mysql://u:p@[::1]/d', 'd at [::1]'],
  ['mysql://u:p@h/d?socket=/run/x', 'd at /run/x'],
])('%s leads people to %s', (address, place) => {
  expect(addressForPeople(address)).toBe(place);
});

const examine = (url: string, work = testWork()) => mysqlEngine.examine(mysqlSource(url), work);
const refusal = (name: string, words: RegExp) => ({ name, message: expect.stringMatching(words) });

/** The same server at an address that its certificate does not have. */
async function atAnotherName(server: MysqlAddress): Promise<MysqlAddress> {
  const host = '127.0.0.2';
  const way = createServer((client) => {
    const onward = connect(server.port, server.host);
    for (const each of [client, onward]) each.on('error', () => undefined).on('close', () => (each === client ? onward : client).destroy());
    client.pipe(onward).pipe(client);
  });
  await new Promise<void>((resolve) => way.listen(0, host, resolve));
  onTestFinished(() => void way.close());
  return { ...server, host, port: (way.address() as { port: number }).port };
}

/** Of a server that has no TLS at all; MySQL's gives out a key with which passwords are encrypted. */
const withoutTls = {
  mysql: { 'ssl-cert': 'missing.crt', 'caching-sha2-password-auto-generate-rsa-keys': 'ON' },
  mariadb: { 'skip-ssl': '' },
};

/** Values of an option file that would end early, begin a comment, be trimmed or be unescaped if they were not written with care. */
const awkward = [
  `'`,
  '"#"',
  `#no 'comment" ; x #b`,
  'trailing\\',
  '\\n \\t \\s \\x \\" \\\\',
  ' spaces; around ',
  'a%41@b:c/d?e#f%',
  'é漢🐘',
  '[mysqld]',
  '--user=root',
  '\ttab\rline\nfeed=\n[client]\nhost=elsewhere\r\n',
  '$HOME `id` $(x) \u0001\u001a\b',
];

describe.each(mysqlServerNames)('%s', (name) => {
  const family = familyOfServer(name);

  it.each<[string, (server: MysqlAddress) => string | Promise<string>, object]>([
    ['a wrong password', (server) => mysqlUrl({ ...server, password: secret }, 'mysql2'), refusal('AccessDeniedError', /Access denied/)],
    ['an unknown user', (server) => mysqlUrl({ ...server, user: 'nobody here' }, 'mysql2'), refusal('AccessDeniedError', /Access denied/)],
    ['a database that does not exist', (server) => mysqlUrl(server, 'no such'), refusal('SourceMissingError', /no such/)],
    ['a port where nobody listens', (server) => mysqlUrl({ ...server, port: 1 }, 'd'), refusal('SourceUnreachableError', /127\.0\.0\.1:1: ECONNREFUSED/)],
    ['an unknown host', (server) => mysqlUrl({ ...server, host: 'nowhere.invalid' }, 'd'), refusal('SourceUnreachableError', /nowhere\.invalid/)],
    ['a socket that is not there', (server) => mysqlUrl(server, 'd', { socket: '/nowhere.sock' }), refusal('SourceUnreachableError', /nowhere\.sock: ENOENT/)],
    [
      'an authority that signed nothing',
      (server) => mysqlUrl(server, 'd', { 'ssl-ca': server.foreignCa }),
      refusal('TlsRefusedError', /verif|self-signed|issuer/i),
    ],
    [
      'authorities that everybody knows',
      (server) => mysqlUrl(server, 'd', { 'ssl-mode': 'VERIFY_IDENTITY' }),
      refusal('TlsRefusedError', /verif|issuer|self-signed/i),
    ],
    ['the authorities of RDS', (server) => mysqlUrl(server, 'd', { 'ssl-ca': 'rds' }), refusal('TlsRefusedError', /verif|issuer|self-signed/i)],
    ['a file of authorities that is missing', (server) => mysqlUrl(server, 'd', { 'ssl-ca': '/missing.pem' }), refusal('TlsRefusedError', /./)],
    ['a name that the certificate does not have', async (server) => mysqlUrl(await atAnotherName(server), 'd'), refusal('TlsRefusedError', /verif|match/i)],
    ["one of the server's own databases", (server) => mysqlUrl(server, 'mysql'), refusal('ConfigurationError', /own database/)],
  ])(
    'refuses, or is not there, for %s, and leaves nothing',
    async (_, address, error) => {
      const server = await mysqlServer(name);
      const work = testWork();
      const dumping = mysqlDumpOf(await address(server), work);
      await expect(dumping).rejects.toMatchObject(error);
      await expect(dumping).rejects.not.toThrow(new RegExp(`${server.password}|${secret}`));
      expect(leftIn(work)).toEqual([]);
    },
    coldStart,
  );

  it('that wants TLS refuses whoever does without', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const user = await newMysqlUser(server, 'SELECT ON *.*');
    await mysqlQuery(server, `ALTER USER ${user.user}@'%' REQUIRE SSL`);
    await expect(examine(mysqlUrl(user, database, { 'ssl-mode': 'DISABLED' }))).rejects.toMatchObject(refusal('AccessDeniedError', /Access denied/));
  });

  // MariaDB 10.11 is reached by the client of 11.8
  if (name === 'mariadb-10.11') return;

  it(
    'without TLS, or with a certificate that is over, is refused where the server must prove who it is, and reached where it need not',
    async () => {
      const starting = [startMysqlServer(name, { expired: true }), startMysqlServer(name, { settings: withoutTls[family] })] as const;
      await using closed = await starting[0];
      await using open = await starting[1];
      for (const server of [closed, open]) await mysqlQuery(server, 'CREATE DATABASE d', { overSocket: true });
      await expect(examine(mysqlUrl(closed, 'd'))).rejects.toMatchObject(refusal('TlsRefusedError', /expired|certificate/i));
      for (const demand of [{ 'ssl-ca': open.ca }, { 'ssl-mode': 'REQUIRED' }, { 'ssl-mode': 'VERIFY_IDENTITY' }] as Record<string, string>[])
        await expect(examine(mysqlUrl(open, 'd', demand)), JSON.stringify(demand)).rejects.toMatchObject(refusal('TlsRefusedError', /./));
      for (const mode of ['PREFERRED', 'REQUIRED', 'DISABLED'])
        expect(await examine(mysqlUrl(closed, 'd', { 'ssl-mode': mode })), mode).toMatchObject({ tables: 0 });
      for (const url of [mysqlUrl(open, 'd', {}), mysqlUrl(open, 'd', { 'ssl-mode': 'DISABLED' })]) expect(await examine(url)).toMatchObject({ tables: 0 });
    },
    coldStart,
  );

  it('lets in users and passwords of every awkward character', { timeout: coldStart }, async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    for (const text of awkward) {
      const user = { ...server, user: `${[...text].slice(0, 20).join('').trim()}${randomBytes(3).toString('hex')}`, password: text };
      const account = accountName(`${user.user}@%`);
      await mysqlQuery(server, `CREATE USER ${account} IDENTIFIED BY ${literal(text)}; GRANT ALL ON *.* TO ${account}`, { options: ['--binary-mode'] });
      onTestFinished(() => mysqlQuery(server, `DROP USER ${account}`).then(() => undefined));
      expect(await examine(mysqlUrl(user, database)), JSON.stringify(text)).toMatchObject({ tables: 0 });
    }
  });

  it('shows user and password to nobody: not in processes, messages, dump or scratch folder', { timeout: coldStart }, async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, 'CREATE TABLE t (a LONGTEXT); INSERT INTO t VALUES (REPEAT("x", 3000000)), (REPEAT("y", 3000000))', { database });
    const user = await newMysqlUser(server, 'ALL ON *.*');
    const said: string[] = [];
    const work = testWork({ warn: (message) => said.push(message) });
    const seen = new Map<string, string>();
    const look = () => {
      for (const pid of children('access-')) for (const file of ['cmdline', 'environ'] as const) seen.set(`${pid} ${file}`, shownBy(pid, file));
    };
    const looking = setInterval(look, 5);
    onTestFinished(() => clearInterval(looking));
    const chunks: Uint8Array[] = [];
    {
      await using dumping = await dump(mysqlSource(mysqlUrl(user, database)), work);
      for await (const chunk of dumping.bytes) {
        if (chunks.push(chunk) > 1) continue;
        look();
        const [folder = ''] = leftIn(work);
        const modes = [folder, ...readdirSync(join(work.scratch, folder)).map((file) => join(folder, file))].map(
          (file) => statSync(join(work.scratch, file)).mode,
        );
        expect(modes.map((mode) => mode & 0o077)).toEqual([0, 0, 0]);
      }
      said.push(JSON.stringify(dumping.scan()));
    }
    const all = [...seen.values(), ...said, Buffer.concat(chunks).toString('latin1')].join('\n');
    const programs = [...seen.values()].map((value) => /\/((?:mysql|mariadb)(?:-?dump)?)\0/.exec(value)?.[1]);
    expect(programs).toEqual(expect.arrayContaining(family === 'mysql' ? ['mysql', 'mysqldump'] : ['mariadb', 'mariadb-dump']));
    expect(all).not.toContain(user.password);
    expect([...seen.values()].join('\n')).not.toContain(user.user);
    expect(leftIn(work)).toEqual([]);
  });

  it.each(['--all-databases', '../up, été 漢 on two\nlines', `a=b 'c' "d" back\`quote\`\` per%cent_?#\\`, 'x'.repeat(64)])(
    'dumps the database %j and no other',
    async (database) => {
      const server = await mysqlServer(name);
      await newMysqlDatabase(server, database);
      await mysqlQuery(server, 'CREATE TABLE here (name text); INSERT INTO here VALUES (DATABASE())', { database });
      const { scan, bytes } = await mysqlDumpOf(mysqlUrl(server, database));
      expect(scan).toMatchObject({ tables: [{ name: 'here', rows: 1 }], mysql: { database } });
      expect(bytes.toString()).toContain(`(${literal(database).replaceAll('"', '\\"').replaceAll('\n', '\\n')})`);
    },
  );
});
