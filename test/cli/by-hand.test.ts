import { execFile } from 'node:child_process';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientFolders } from '../../core/programs/folders.ts';
import { buildLayer } from '../../layers/layers.ts';
import { project, sauvegarde } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { environmentOf, query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { urlOf } from '../support/postgres-work.ts';
import { buildOptions, coldStart, oldVersions, toolsFolder } from '../support/programs.ts';

interface Shown {
  manifest: { restore: string[]; dump: { key: string } };
}

/**
 * Backs up `app`, and runs the commands of its manifest one by one, as they stand, in a folder that holds the dump
 * alone. `options` is what the user's own option file says.
 */
async function restoredByHand(folder: string, tools: string, { environment = {}, options = '' } = {}): Promise<string> {
  expect(await sauvegarde(folder, ['backup', 'app'])).toMatchObject({ status: 0 });
  const { stdout } = await sauvegarde(folder, ['show', 'app', '--json']);
  const { restore: commands, dump } = (JSON.parse(stdout) as Shown).manifest;
  const away = temporaryFolder();
  writeFileSync(join(away, '.my.cnf'), options, { mode: 0o600 });
  cpSync(join(folder, 'vault', dump.key), join(away, basename(dump.key)));
  const env = { PATH: `${join(tools, 'bin')}:${join(await toolsFolder(), 'bin')}:/usr/bin:/bin`, HOME: away, ...environment };
  for (const command of commands) await promisify(execFile)('/bin/sh', ['-c', command], { cwd: away, env });
  return away;
}

const lines = ['SET transaction_timeout = 0;', 'SET idle_session_timeout = 0;'];
const contents = `CREATE TABLE t (line text); INSERT INTO t VALUES ${lines.map((line) => `('${line}')`).join(', ')}`;

describe('the commands of a manifest restore it, by the clients alone,', () => {
  it.each([...oldVersions.slice(0, 1), 15, 18] as const)('into a server of PostgreSQL %i as into the source', { timeout: coldStart }, async (version) => {
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    await query(server, contents, { database });
    const drop = () => query(server, 'DROP DATABASE IF EXISTS restored').then(() => undefined);
    onTestFinished(drop);
    await drop();
    const folder = project({ databases: { app: { engine: 'postgres', connection: { url: urlOf(server, database) }, proof: 'off' } } });
    await restoredByHand(folder, await toolsFolder(), { environment: environmentOf(server) });
    expect((await query(server, 'SELECT line FROM t', { database: 'restored' })).split('\n')).toEqual(lines);
  });

  it.each(['mysql-9.7', 'mariadb-11.8'] as const)('into %s', { timeout: coldStart }, async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, contents, { database });
    const drop = () => mysqlQuery(server, 'DROP DATABASE IF EXISTS restored').then(() => undefined);
    onTestFinished(drop);
    await drop();
    const folder = project({ databases: { app: { engine: 'mysql', connection: { url: mysqlUrl(server, database) }, proof: 'off' } } });
    const tools = await buildLayer(clientFolders[server.family], buildOptions());
    await restoredByHand(folder, tools, { options: `[client]\nsocket=${server.socket}\nuser=root\nssl-ca=${server.ca}\n` });
    expect((await mysqlQuery(server, 'SELECT line FROM t', { database: 'restored' })).split('\n')).toEqual(lines);
  });

  it('as a file of SQLite', async () => {
    const away = await restoredByHand(project(), await toolsFolder());
    using restored = new DatabaseSync(join(away, readdirSync(away).find((file) => file.endsWith('.sqlite3')) ?? ''), { readOnly: true });
    expect(restored.prepare('SELECT count(*) AS count FROM person').get()).toEqual({ count: 50 });
  });
});
