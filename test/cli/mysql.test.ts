import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from '../../layers/layers.ts';
import { configure, start } from '../support/cli.ts';
import { filesIn, temporaryFolder } from '../support/folder.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { coldStart } from '../support/programs.ts';

const password = `p@ss:w/o?r#d%41 'q"b\\s&=é`;
const spellings = [password, encodeURIComponent(password)];

/** The processes of this machine. */
const processes = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Notes what any process but the `older` ones shows of itself in its command line and environment, each once. */
function noteShown(seen: Map<string, string>, older: ReadonlySet<string>): void {
  for (const pid of processes()) {
    if (older.has(pid)) continue;
    try {
      const line = readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
      if (seen.has(`${pid} ${line}`)) continue; // its environment is that of its beginning
      const environment = readFileSync(join('/proc', pid, 'environ'), 'utf8');
      seen.set(`${pid} ${line}`, environment.includes('DATABASE_URL=') ? '' : environment); // our own program, which was told so
    } catch {
      // it has ended
    }
  }
}

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  '%s: DATABASE_URL is enough to back up, look, check and restore; the password is shown nowhere',
  async (name) => {
    const server = await mysqlServer(name);
    const [database, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    const user = `cli_${name.replace(/\W/g, '')}`;
    await mysqlQuery(
      server,
      `CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(20)); INSERT INTO t VALUES (1, 'Zoë'), (2, NULL); CREATE VIEW v AS SELECT id FROM t`,
      { database },
    );
    await mysqlQuery(server, `CREATE USER ${user}@'%' IDENTIFIED BY '${password.replace(/[\\']/g, '\\$&')}'; GRANT ALL ON *.* TO ${user}@'%'`);
    const url = (of: string) => mysqlUrl({ ...server, user, password }, of);
    const folder = temporaryFolder();
    configure(folder, {});
    const env = { DATABASE_URL: url(database), TARGET: url(target), SAUVEGARDE_CACHE: cacheFolder() };
    const given = database.replaceAll('_', '-');
    const run = (...words: string[]) => start(folder, words, { env }).ended;
    const seen = new Map<string, string>();
    const older = new Set(processes());
    const polling = setInterval(() => noteShown(seen, older), 20);

    const backup = await run('backup', given).finally(() => clearInterval(polling));
    const doctor = await run('doctor');
    const show = await run('show', given);
    const isFull = name === 'mysql-9.7'; // one server is enough for what is replaced
    if (isFull) await mysqlQuery(server, 'CREATE TABLE other (id INT); INSERT INTO other VALUES (7)', { database: target });
    const restore = await run('restore', given, '--into', 'env:TARGET', ...(isFull ? ['--force'] : []));

    expect(backup).toMatchObject({ status: 0, stdout: expect.stringMatching(/1 table, 2 rows.*proven: restored and compared/s) });
    expect(doctor.stdout).toMatch(server.family === 'mysql' ? /MySQL 9\.7/ : /MariaDB 11\.8/);
    expect(show.stdout).toMatch(/needs +(MySQL|MariaDB), CHARACTER SET utf8mb4/);
    expect(restore).toMatchObject({ status: 0, stdout: expect.stringContaining('2 rows in 1 table, equal to what was backed up') });
    if (isFull) {
      expect(restore.stdout).toMatch(/what was there before is backed up as \S+-replaced-\S+_manual/);
      expect((await run('list', `${given}-replaced`.slice(-40))).stdout).toMatch(/published/);
    }
    expect(await mysqlQuery(server, 'SELECT word FROM t ORDER BY id', { database: target })).toBe('Zoë\nNULL');
    const shown = [...seen.keys(), ...seen.values(), ...[backup, doctor, show, restore].flatMap(({ stdout, stderr }) => [stdout, stderr])];
    const stored = filesIn(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    for (const text of [...shown, ...stored]) for (const spelling of spellings) expect(text.includes(spelling)).toBe(false);
    expect([...seen.keys()].join('\n')).toContain('--defaults-file=');
    await mysqlQuery(server, `DROP USER ${user}@'%'`);
  },
  coldStart,
);
