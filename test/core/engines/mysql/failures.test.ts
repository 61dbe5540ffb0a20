import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mysqlError, wordsOf } from '../../../../core/engines/mysql/failures.ts';
import { leftIn, testWork } from '../../../support/engine-work.ts';
import { mysqlServerNames } from '../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../support/mysql-work.ts';
import { coldStart } from '../../../support/programs.ts';

describe.each(mysqlServerNames)('%s', { timeout: coldStart }, (name) => {
  it.each<[string, string, (server: MysqlAddress, database: string) => string]>([
    ['a wrong password', 'AccessDeniedError', (server, database) => mysqlUrl({ ...server, password: 'wrong' }, database)],
    ['a user who is not known', 'AccessDeniedError', (server, database) => mysqlUrl({ ...server, user: 'nobody' }, database)],
    ['a database that is not there', 'SourceMissingError', (server) => mysqlUrl(server, 'nowhere')],
    ['a port where nobody listens', 'SourceUnreachableError', (server, database) => mysqlUrl({ ...server, port: 1 }, database)],
    ['a host that is not known', 'SourceUnreachableError', (server, database) => mysqlUrl({ ...server, host: 'nowhere.invalid' }, database)],
    ['a certificate of another authority', 'TlsRefusedError', (server, database) => mysqlUrl(server, database, { 'ssl-ca': server.foreignCa })],
    ['a certificate that RDS has not signed', 'TlsRefusedError', (server, database) => mysqlUrl(server, database, { 'ssl-ca': 'rds' })],
    ['a certificate of nobody that everybody knows', 'TlsRefusedError', (server, database) => mysqlUrl(server, database, { 'ssl-mode': 'VERIFY_IDENTITY' })],
    ['a file of authorities that is not there', 'TlsRefusedError', (server, database) => mysqlUrl(server, database, { 'ssl-ca': '/nowhere/ca.pem' })],
    ["the server's own database", 'ConfigurationError', (server) => mysqlUrl(server, 'mysql')],
  ])('%s is a %s, and nothing is left', async (_, error, url) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const work = testWork();

    const refused = mysqlDumpOf(url(server, database), work);

    await expect(refused).rejects.toMatchObject({ name: error });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining(server.password) });
    expect(leftIn(work)).toEqual([]);
  });

  it.each(['PREFERRED', 'REQUIRED', 'DISABLED'])('connects with ssl-mode=%s without knowing the authority', async (mode) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);

    await expect(mysqlDumpOf(mysqlUrl(server, database, { 'ssl-mode': mode }))).resolves.toBeDefined();
  });

  it('a server that has TLS for nobody is refused by who wants TLS', async () => {
    const settings: Record<string, string> =
      name === 'mysql-9.7' ? { 'tls-version=': '', 'caching-sha2-password-auto-generate-rsa-keys': 'ON' } : { 'skip-ssl': '' };
    await using server = await startMysqlServer(name, { settings });
    await mysqlQuery(server, `CREATE DATABASE plain; SELECT 1`, { overSocket: true });

    await expect(mysqlDumpOf(mysqlUrl(server, 'plain', { 'ssl-mode': 'REQUIRED' }))).rejects.toMatchObject({ name: 'TlsRefusedError' });
    await expect(mysqlDumpOf(mysqlUrl(server, 'plain'))).rejects.toMatchObject({ name: 'TlsRefusedError' });
    await expect(mysqlDumpOf(mysqlUrl(server, 'plain', { 'ssl-mode': 'PREFERRED' }))).resolves.toBeDefined();
  });
});

it('a certificate that is over is a TlsRefusedError', { timeout: coldStart }, async () => {
  await using server = await startMysqlServer('mariadb-11.8', { expired: true });

  await expect(mysqlDumpOf(mysqlUrl(server, 'any'))).rejects.toMatchObject({ name: 'TlsRefusedError' });
});

it('a server that does not speak the protocol is a SourceUnreachableError', { timeout: coldStart }, async () => {
  const silent = createServer((connection) => connection.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { port: number };

  await expect(mysqlDumpOf(`mysql://u:p@127.0.0.1:${port}/x`)).rejects.toMatchObject({ name: 'SourceUnreachableError' });
});

it('a MariaDB that says it is MySQL 8 is dumped by its own tool, and what that leaves out because it believes it is missed', {
  timeout: coldStart,
}, async () => {
  await using server = await startMysqlServer('mariadb-11.8', { settings: { version: '8.0.36' } });
  await mysqlQuery(server, 'CREATE DATABASE lying; CREATE TABLE lying.t (id INT, next INT AS (id + 1)); INSERT INTO lying.t (id) VALUES (1)');

  const { bytes, scan } = await mysqlDumpOf(mysqlUrl(server, 'lying'));

  expect(bytes.toString('latin1', 0, 200)).toMatch(/^-- MariaDB dump/m);
  expect(scan).toMatchObject({ product: { name: 'MariaDB', version: '8.0.36' }, tables: [{ name: 't', rows: 1 }] });
  await mysqlQuery(server, 'CREATE SEQUENCE lying.s');
  await expect(mysqlDumpOf(mysqlUrl(server, 'lying'))).rejects.toMatchObject({ name: 'DumpIncompleteError', message: expect.stringContaining('sequence s') });
});

it.each([
  ["ERROR 1062 (23000) at line 3: Duplicate entry 'secret-o'clock' for key 'PRIMARY'", 'secret'],
  ["ERROR 1366 (22007) at line 3: Incorrect integer value: 'secret' for column `a`.`b`.`c` at row 1", 'secret'],
  ["ERROR 1064 (42000) at line 9: You have an error in your SQL syntax; check the manual near 'secret ''x' at line 1", 'secret'],
])('quotes no contents of rows: %s', (complaint, contents) => {
  expect(wordsOf(complaint)).not.toContain(contents);
  expect(mysqlError('mysql', 1, complaint).message).toMatch(/ERROR 1\d{3}/);
});
