import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from '../../layers/layers.ts';
import { configure, sauvegarde, start } from '../support/cli.ts';
import { filesIn, temporaryFolder } from '../support/folder.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { coldStart } from '../support/programs.ts';

/** A table that is restored at once, and one of some 30 MB whose restore can be met in the middle. */
const large = `CREATE TABLE a_small (id INT PRIMARY KEY); INSERT INTO a_small VALUES (1); CREATE TABLE large (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT);
  INSERT INTO large (text) VALUES (REPEAT('x', 4000)), (REPEAT('y', 4000)); ${'INSERT INTO large (text) SELECT text FROM large; '.repeat(12)}`;
const rows = 2 ** 13;

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'a restore into %s whose command line is killed in the middle leaves a part; the next one shows it, touches nothing, and after the database was made anew succeeds',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const [database, copy] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    await mysqlQuery(server, large, { database });
    const folder = temporaryFolder();
    configure(folder, { databases: { app: { engine: 'mysql', connection: { url: { env: 'DATABASE_URL' } }, proof: 'off' } } });
    const env = { DATABASE_URL: mysqlUrl(server, database), TARGET: mysqlUrl(server, copy), SAUVEGARDE_CACHE: cacheFolder() };
    const backup = await sauvegarde(folder, ['backup', 'app'], { env });
    expect(backup.status, backup.stderr).toBe(0);
    const into = ['restore', 'app', '--into', 'env:TARGET'];

    const restoring = start(folder, into, { env });
    const there = () =>
      mysqlQuery(server, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'large'", { database: copy });
    await expect.poll(there, { timeout: coldStart / 2, interval: 10 }).toBe('1');
    process.kill(restoring.pid, 'SIGKILL');
    expect((await restoring.ended).status).toBe('SIGKILL');
    const others = 'SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE()';
    await expect.poll(() => mysqlQuery(server, others, { database: copy }), { timeout: coldStart / 2 }).toBe('1');
    expect(Number(await mysqlQuery(server, 'SELECT COUNT(*) FROM large', { database: copy }))).toBeLessThan(rows);

    const refused = await sauvegarde(folder, into, { env });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/the target is not empty: it has (?=.*large \(about \d+ rows?,).*a_small \(about \d+ rows?,/);
    expect(await mysqlQuery(server, 'SELECT * FROM a_small', { database: copy })).toBe('1');

    await mysqlQuery(server, `DROP DATABASE ${copy}; CREATE DATABASE ${copy} CHARACTER SET utf8mb4`);
    const again = await sauvegarde(folder, into, { env });
    expect(again.status, again.stderr).toBe(0);
    expect(await mysqlQuery(server, 'SELECT COUNT(*) FROM large', { database: copy })).toBe(String(rows));
    for (const file of filesIn(join(folder, 'state'))) expect(readFileSync(join(folder, 'state', file), 'latin1'), file).not.toContain(server.password);
  },
);
