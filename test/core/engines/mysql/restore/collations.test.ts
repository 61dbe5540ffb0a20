import { expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

it('of the collations of MariaDB 11.8, 10.11 takes its default one by force, and one that it does not know stops the restore, which names it', {
  timeout: coldStart,
}, async () => {
  const [newer, older] = [await mysqlServer('mariadb-11.8'), await mysqlServer('mariadb-10.11')];
  const restoredWith = async (collation: string) => {
    const [source, target] = [await newMysqlDatabase(newer), await newMysqlDatabase(older)];
    const sql = `CREATE TABLE a (id INT) CHARACTER SET latin1; INSERT INTO a VALUES (1); CREATE TABLE t (word VARCHAR(9) COLLATE ${collation}); INSERT INTO t VALUES ('Zoë')`;
    await mysqlQuery(newer, sql, { database: source });
    const { bytes, scan } = await mysqlDumpOf(mysqlUrl(newer, source));
    return mysqlEngine.restore(() => piece(bytes), scan, { into: mysqlUrl(older, target), force: true, now: new Date() }, testWork());
  };
  expect(await restoredWith('utf8mb4_uca1400_ai_ci')).toMatchObject({ tables: 2, rows: 2 });
  await expect(restoredWith('utf8mb4_0900_ai_ci')).rejects.toMatchObject({
    name: 'RestoreFailedError',
    message: expect.stringMatching(/Unknown collation: '?utf8mb4_0900_ai_ci.*holds 1 of 2 tables of the backup now/),
  });
});
