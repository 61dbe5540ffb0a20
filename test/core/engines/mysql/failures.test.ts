import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { mysqlError, wordsOf } from '../../../../core/engines/mysql/failures.ts';
import { mysqlQuery, startMysqlServer } from '../../../support/mysql-server.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../support/mysql-work.ts';
import { coldStart } from '../../../support/programs.ts';

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
