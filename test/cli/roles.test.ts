import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { project, sauvegarde } from '../support/cli.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { urlOf } from '../support/postgres-work.ts';
import { coldStart } from '../support/programs.ts';

/** A server with a database, and one to restore into. */
interface Home {
  engine: 'postgres' | 'mysql';
  url: string;
  into: string;
  /** Runs SQL, in the source unless said otherwise. */
  run(sql: string, where?: 'into'): Promise<string>;
}

async function postgres(): Promise<Home> {
  const server = await postgresServer(18);
  const [source, target] = [await newDatabase(server), await newDatabase(server)];
  const run: Home['run'] = (sql, where) => query(server, sql, { database: where ? target : source });
  return { engine: 'postgres', url: urlOf(server, source), into: urlOf(server, target), run };
}

async function mysql(name: 'mysql-9.7' | 'mariadb-11.8'): Promise<Home> {
  const server = await mysqlServer(name);
  const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
  const run: Home['run'] = (sql, where) => mysqlQuery(server, sql, { database: where ? target : source });
  return { engine: 'mysql', url: mysqlUrl(server, source), into: mysqlUrl(server, target), run };
}

describe('users and roles of the server', { timeout: coldStart }, () => {
  it.each<[string, () => Promise<Home>, known: string]>([
    ['PostgreSQL', postgres, "SELECT has_table_privilege('NAME', 't', 'SELECT')"],
    ['MySQL', () => mysql('mysql-9.7'), 'SHOW GRANTS FOR NAME'],
    ['MariaDB', () => mysql('mariadb-11.8'), 'SHOW GRANTS FOR NAME'],
  ])('go with a backup of %s, are shown, and come back with the option alone', async (_, home, known) => {
    const { engine, into, run, url } = await home();
    const name = `reader_${randomBytes(4).toString('hex')}`;
    const owned = () => (engine === 'postgres' ? `DROP OWNED BY ${name}; ` : '');
    onTestFinished(() => run(`DROP ROLE IF EXISTS ${name}`, 'into').then(() => undefined));
    await run(`CREATE TABLE t (id INT); INSERT INTO t VALUES (1); CREATE ROLE ${name}; GRANT SELECT ON t TO ${name}`);
    const folder = project({ databases: { app: { engine, connection: { url } } } });
    expect(await sauvegarde(folder, ['backup', 'app'])).toMatchObject({ status: 0, stdout: expect.stringContaining('proven: restored and compared') });
    expect((await sauvegarde(folder, ['show', 'app'])).stdout).toContain(name);
    await run(`${owned()}DROP ROLE ${name}`);

    const restore = (...more: string[]) => sauvegarde(folder, ['restore', 'app', '--into', 'env:INTO', ...more], { env: { INTO: into } });
    const asked = () => run(known.replace('NAME', name), 'into');
    expect(await restore('--no-privileges')).toMatchObject({ status: 0 });
    await expect(asked()).rejects.toThrow(/does not exist|no such grant/);
    await run('DROP TABLE t', 'into');
    expect(await restore('--with-roles')).toMatchObject({ status: 0, stdout: expect.stringContaining(name) });
    expect(await asked()).toMatch(/^t$|GRANT SELECT ON/m);
    await run(owned() || 'SELECT 1', 'into');
  });
});
