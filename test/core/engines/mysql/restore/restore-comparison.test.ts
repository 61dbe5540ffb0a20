import { describe, expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { everythingOf } from '../../../../support/mysql-everything.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl, rescanned } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('a restore into %s', { timeout: coldStart }, (name) => {
  async function prepared(sql: string) {
    const server = await mysqlServer(name);
    const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    await mysqlQuery(server, sql, { database: source });
    const restored = ({ bytes, scan }: Dumped, { into = target, withoutOwners = false } = {}) =>
      mysqlEngine.restore(() => piece(bytes), scan, { into: mysqlUrl(server, into), force: false, withoutOwners, now: new Date() }, testWork());
    return { server, source, target, restored, dumped: await mysqlDumpOf(mysqlUrl(server, source)) };
  }

  /** The rows of a table without transactions lie as they were inserted; InnoDB, which takes the unknown engine's place, keeps them by their key. */
  const unsorted = "CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(9)) ENGINE = MyISAM; INSERT INTO person VALUES (3, 'Cy'), (1, 'Ada'), (2, 'Bob')";

  it('tells that another storage engine took the place of one that the server has not, and finds the rows in another order to be the same', async () => {
    const { server, target, dumped, restored } = await prepared(unsorted);

    const { notes, rows } = await restored(await rescanned(altered(dumped, 'ENGINE=MyISAM', 'ENGINE=ROCKSDB')));

    expect({ notes, rows }).toEqual({ notes: ['TABLE person is kept by InnoDB instead of ROCKSDB'], rows: 3 });
    expect(await mysqlQuery(server, 'SELECT name FROM person', { database: target })).toBe('Ada\nBob\nCy');
  });

  it('finds that one of the rows in another order is another', async () => {
    const { dumped, restored } = await prepared(unsorted);
    const elsewhere = await rescanned(altered(dumped, 'ENGINE=MyISAM', 'ENGINE=ROCKSDB'));

    await expect(restored(altered(elsewhere, "'Bob'", "'Rob'"))).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringContaining('table person has other contents in its 3 rows'),
    });
  });

  it('has nothing to tell of what is as it was, with owners or without', async () => {
    const { server, dumped, restored } = await prepared(everythingOf(name === 'mysql-9.7' ? 'mysql' : 'mariadb'));

    expect((await restored(dumped)).notes).toEqual([]);
    expect((await restored(dumped, { into: await newMysqlDatabase(server), withoutOwners: true })).notes).toEqual([]);
  });

  it('finds a view to be missing', async () => {
    const { dumped, restored } = await prepared('CREATE TABLE person (id INT); CREATE VIEW people AS SELECT id FROM person');
    const end = '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;';

    await expect(restored(altered(dumped, end, `DROP VIEW IF EXISTS \`people\`;\n${end}`))).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringContaining('VIEW people is missing'),
    });
  });
});
