import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { cacheFolder } from '../../layers/layers.ts';
import { sauvegarde } from '../support/cli.ts';
import { filesIn, temporaryFolder } from '../support/folder.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { coldStart } from '../support/programs.ts';

const root = join(import.meta.dirname, '../..');

/** What somebody has who has just cloned: the programs (linked), and the configuration as shipped. */
function clone(): string {
  const folder = join(temporaryFolder(), 'clone');
  mkdirSync(folder);
  for (const file of ['package.json', 'sauvegarde.config.ts']) copyFileSync(join(root, file), join(folder, file));
  for (const part of ['cli', 'core', 'local', 'layers', 'console', 'node_modules']) symlinkSync(join(root, part), join(folder, part));
  return folder;
}

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'DATABASE_URL=mysql://… npm start in a new clone makes and proves a backup of a database on %s at once, stays, and stops on Ctrl-C',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server, `start-${name.replace(/\W/g, '-')}-${process.pid}`);
    await mysqlQuery(server, "CREATE TABLE t (id INT PRIMARY KEY, word TEXT); INSERT INTO t VALUES (1, 'Zoë'), (2, NULL); CREATE VIEW v AS SELECT id FROM t", {
      database,
    });
    const folder = clone();
    const url = mysqlUrl(server, database).replace('mysql:', name === 'mariadb-11.8' ? 'mariadb:' : 'mysql:');
    const env = { PATH: process.env.PATH ?? '', HOME: folder, DATABASE_URL: url, SAUVEGARDE_CACHE: cacheFolder() };
    const child = spawn('npm', ['start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    onTestFinished(async () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended;
    });
    await Promise.race([ended, expect.poll(() => said, { timeout: coldStart / 2, interval: 50 }).toMatch(/^ {2}proof {4}.*\n {2}next /m)]);
    expect(said).toMatch(/Sauvegarde protects 1 database; /);
    expect(said).toMatch(/backed up .* \(1 table, 2 rows\) in [\d.]+ s\n {2}stored {3}.*\n {2}proof {4}proven: /);
    await setTimeout(100);
    expect(child.exitCode).toBeNull();
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended;
    expect(said).toMatch(/\nstopped\n/);
    const { stdout } = await sauvegarde(folder, ['list', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject([{ database, rows: 2, proof: { verdict: 'proven' } }]);
    expect(said).not.toContain(server.password);
    for (const file of filesIn(join(folder, 'backups'))) expect(readFileSync(join(folder, 'backups', file), 'latin1')).not.toContain(server.password);
  },
);
