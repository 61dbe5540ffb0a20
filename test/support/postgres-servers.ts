import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { inject, onTestFinished } from 'vitest';
import { query, type ServerAddress } from './postgres-server.ts';
import type { ServerVersion } from './programs.ts';

/** The server of that version that all test files share. Work in a database of your own (`newDatabase`); to stop or maim a server start one with `startPostgresServer`. */
export async function postgresServer(version: ServerVersion): Promise<ServerAddress> {
  const connection = connect(inject('postgresBroker'));
  connection.end(`${version}\n`);
  const answer = JSON.parse(await text(connection)) as { server: ServerAddress } | { error: string };
  if ('error' in answer) throw new Error(answer.error);
  return answer.server;
}

/** An empty database that is dropped when the test has finished, whoever is connected to it. */
export async function newDatabase(server: ServerAddress, name = `test_${randomBytes(6).toString('hex')}`): Promise<string> {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  await query(server, `CREATE DATABASE ${quoted} TEMPLATE template0`);
  onTestFinished(() => query(server, `DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`).then(() => undefined));
  return name;
}
