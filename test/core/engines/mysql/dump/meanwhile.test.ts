import { expect, it } from 'vitest';
import { dump } from '../../../../../core/engines/mysql/dump/dump.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** More than pipes and buffers hold, so that a dump stands still in its first table as long as nobody reads it. */
const large = "CREATE TABLE a_large (text LONGTEXT); INSERT INTO a_large VALUES (REPEAT('x', 8000000)), (REPEAT('y', 8000000))";
const later = 'CREATE TABLE b_later (id INT PRIMARY KEY); INSERT INTO b_later VALUES (1)';

it.each(mysqlServerNames)(
  'on %s a table that is emptied, removed or renamed during the dump, before it is read, fails the dump',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, large, { database });
    for (const change of ['TRUNCATE TABLE b_later', 'DROP TABLE b_later', 'RENAME TABLE b_later TO c_latest']) {
      await mysqlQuery(server, later, { database });
      const work = testWork();
      {
        await using dumping = await dump(mysqlSource(mysqlUrl(server, database)), work);
        const blocks = dumping.bytes[Symbol.asyncIterator]();
        await blocks.next();
        await mysqlQuery(server, change, { database });
        const rest = async () => {
          while (!(await blocks.next()).done);
        };
        await expect(rest(), change).rejects.toMatchObject({ name: 'DumpIncompleteError', message: expect.stringContaining('b_later') });
        expect(() => dumping.scan(), change).toThrow();
      }
      expect(leftIn(work)).toEqual([]);
      await mysqlQuery(server, 'DROP TABLE IF EXISTS b_later', { database });
    }
  },
);
