import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { keepClientsOf } from './kept-clients.ts';
import type { MysqlServerName } from './mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from './mysql-server.ts';
import { sharedServer } from './servers.ts';

/**
 * Returns the server of that name that all test files share. Work in a database of your own (`newMysqlDatabase`) as a
 * user of your own (`newMysqlUser`); to stop or damage a server, start one with `startMysqlServer`.
 */
export async function mysqlServer(name: MysqlServerName): Promise<MysqlAddress> {
  return keepClientsOf(await sharedServer<MysqlAddress>(name));
}

/** Makes an empty database of utf8mb4 that is dropped when the test has finished. */
export async function newMysqlDatabase(server: MysqlAddress, name = `test_${randomBytes(6).toString('hex')}`): Promise<string> {
  const quoted = `\`${name.replaceAll('`', '``')}\``;
  await mysqlQuery(server, `CREATE DATABASE ${quoted} CHARACTER SET utf8mb4`);
  onTestFinished(() => mysqlQuery(server, `DROP DATABASE IF EXISTS ${quoted}`).then(() => undefined));
  return name;
}

/**
 * Makes a user with a password and these `grants` (`SELECT ON *.*`), who is dropped when the test has finished. Returns
 * the address as that user.
 */
export async function newMysqlUser(server: MysqlAddress, ...grants: string[]): Promise<MysqlAddress> {
  const [user, password] = [`user_${randomBytes(6).toString('hex')}`, randomBytes(12).toString('base64url')];
  const all = grants.map((grant) => `GRANT ${grant} TO ${user}@'%'`);
  await mysqlQuery(server, [`CREATE USER ${user}@'%' IDENTIFIED BY '${password}'`, ...all].join(';\n'));
  onTestFinished(() => mysqlQuery(server, `DROP USER IF EXISTS ${user}@'%'`).then(() => undefined));
  return { ...server, user, password };
}
