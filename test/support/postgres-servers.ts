import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { query, type ServerAddress } from './postgres-server.ts';
import type { ServerVersion } from './programs.ts';
import { sharedServer } from './servers.ts';

/** The server of that version that all test files share. Work in a database of your own (`newDatabase`); to stop or maim a server start one with `startPostgresServer`. */
export function postgresServer(version: ServerVersion): Promise<ServerAddress> {
  return sharedServer(`postgres ${version}`);
}

/** An empty database that is dropped when the test has finished, whoever is connected to it. */
export async function newDatabase(server: ServerAddress, name = `test_${randomBytes(6).toString('hex')}`): Promise<string> {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  await query(server, `CREATE DATABASE ${quoted} TEMPLATE template0`);
  onTestFinished(() => query(server, `DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`).then(() => undefined));
  return name;
}
