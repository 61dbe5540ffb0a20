import { execFile } from 'node:child_process';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newKey } from '../../core/encryption/age-keys.ts';
import { clientFolders } from '../../core/programs/folders.ts';
import { buildLayer } from '../../layers/layers.ts';
import { ageFolder } from '../support/age.ts';
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
 * alone. `options` is what the user's own option file says, `key` the secret key in `key.txt` of one that is encrypted.
 * Calls `lost` between the two.
 */
async function restoredByHand(folder: string, tools: string, { environment = {}, options = '', key = '', lost = async () => {} } = {}): Promise<string> {
  expect(await sauvegarde(folder, ['backup', 'app'])).toMatchObject({ status: 0 });
  const { stdout } = await sauvegarde(folder, ['show', 'app', '--json']);
  const { restore: commands, dump } = (JSON.parse(stdout) as Shown).manifest;
  const away = temporaryFolder();
  writeFileSync(join(away, '.my.cnf'), options, { mode: 0o600 });
  cpSync(join(folder, 'vault', dump.key), join(away, basename(dump.key)));
  expect(dump.key.endsWith('.age')).toBe(key !== '');
  if (key !== '') writeFileSync(join(away, 'key.txt'), key);
  await lost();
  const env = { PATH: `${join(tools, 'bin')}:${join(await ageFolder(), 'bin')}:${join(await toolsFolder(), 'bin')}:/usr/bin:/bin`, HOME: away, ...environment };
  for (const command of commands) await promisify(execFile)('/bin/sh', ['-c', command], { cwd: away, env });
  return away;
}

/** Makes a key by the public tool, and the configuration that encrypts for it and for another. */
async function encryption(): Promise<{ key: string; config: { encryption: { recipients: string[] } } }> {
  const { stdout: key } = await promisify(execFile)(join(await ageFolder(), 'bin/age-keygen'));
  const recipient = /age1\S+/.exec(key)?.[0] ?? '';
  return { key, config: { encryption: { recipients: [newKey().recipient, recipient] } } };
}

const lines = ['SET transaction_timeout = 0;', 'SET idle_session_timeout = 0;'];
const contents = `CREATE TABLE t (line text); INSERT INTO t VALUES ${lines.map((line) => `('${line}')`).join(', ')}`;

describe('the commands of a manifest restore it, by the clients alone,', () => {
  it.each([
    ...oldVersions.slice(0, 1).map((version) => ({ version, encrypted: false })),
    { version: 15, encrypted: false },
    { version: 18, encrypted: true },
  ] as const)('into a server of PostgreSQL $version as into the source (encrypted: $encrypted)', { timeout: coldStart }, async ({ version, encrypted }) => {
    const { config, key } = encrypted ? await encryption() : {};
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    await query(server, contents, { database });
    const drop = () => query(server, 'DROP DATABASE IF EXISTS restored').then(() => undefined);
    onTestFinished(drop);
    await drop();
    const folder = project({ databases: { app: { engine: 'postgres', connection: { url: urlOf(server, database) }, proof: 'off' } }, ...config });
    await restoredByHand(folder, await toolsFolder(), { environment: environmentOf(server), key });
    expect((await query(server, 'SELECT line FROM t', { database: 'restored' })).split('\n')).toEqual(lines);
  });

  it.each([
    { name: 'mysql-9.7', encrypted: false },
    { name: 'mariadb-11.8', encrypted: true },
  ] as const)('into $name (encrypted: $encrypted)', { timeout: coldStart }, async ({ name, encrypted }) => {
    const { config, key } = encrypted ? await encryption() : {};
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    // a view says the name of its database, which has to be the same
    await mysqlQuery(server, `${contents}; CREATE VIEW v AS SELECT line FROM t`, { database });
    const folder = project({ databases: { app: { engine: 'mysql', connection: { url: mysqlUrl(server, database) }, proof: 'off' } }, ...config });
    const tools = await buildLayer(clientFolders[server.family], buildOptions());
    const lost = () => mysqlQuery(server, `DROP DATABASE \`${database}\``).then(() => undefined);
    await restoredByHand(folder, tools, { options: `[client]\nsocket=${server.socket}\nuser=root\nssl-ca=${server.ca}\n`, key, lost });
    expect((await mysqlQuery(server, 'SELECT line FROM v', { database })).split('\n')).toEqual(lines);
  });

  it.each([{ encrypted: false }, { encrypted: true }])('as a file of SQLite (encrypted: $encrypted)', { timeout: coldStart }, async ({ encrypted }) => {
    const { config, key } = encrypted ? await encryption() : {};
    const away = await restoredByHand(project(config), await toolsFolder(), { key });
    using restored = new DatabaseSync(join(away, readdirSync(away).find((file) => file.endsWith('.sqlite3')) ?? ''), { readOnly: true });
    expect(restored.prepare('SELECT count(*) AS count FROM person').get()).toEqual({ count: 50 });
  });
});
