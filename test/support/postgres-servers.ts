import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { atEndOfFile } from './end-of-file.ts';
import { keepClientsOf } from './kept-clients.ts';
import { query, type ServerAddress } from './postgres-server.ts';
import type { ServerVersion } from './programs.ts';
import { sharedServer } from './servers.ts';

/**
 * Returns the server of that version that all test files share. Work in a database of your own (`newDatabase`); to stop
 * or damage a server, start one with `startPostgresServer`.
 */
export async function postgresServer(version: ServerVersion): Promise<ServerAddress> {
  return keepClientsOf(await sharedServer<ServerAddress>(`postgres ${version}`));
}

/**
 * Makes an empty database that is dropped when the test has finished, whoever is connected to it. `options` are those of
 * CREATE DATABASE, such as its encoding.
 */
export async function newDatabase(server: ServerAddress, name = randomName(), options = ''): Promise<string> {
  await createDatabase(server, name, options);
  onTestFinished(() => dropDatabase(server, name));
  return name;
}

/**
 * Makes a database with these contents for all tests of a file, when the first asks for it; changes by one test must
 * not disturb the others. Call it outside of tests.
 */
export function preparedDatabase(contents: string): () => Promise<{ server: ServerAddress; database: string }> {
  const make = async () => {
    const server = await postgresServer(18);
    const database = randomName();
    atEndOfFile(() => {
      made = undefined;
      return dropDatabase(server, database);
    });
    await createDatabase(server, database);
    await query(server, contents, { database });
    return { server, database };
  };
  let made: ReturnType<typeof make> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Copies files, not pages through the log: a third of the work. Servers before 15 know no other way. */
async function createDatabase(server: ServerAddress, name: string, options = ''): Promise<void> {
  await query(server, `CREATE DATABASE ${quoted(name)} TEMPLATE template0 ${server.version < 15 ? '' : 'STRATEGY file_copy'} ${options}`);
}

async function dropDatabase(server: ServerAddress, name: string): Promise<void> {
  await query(server, `DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function randomName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}
