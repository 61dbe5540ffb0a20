import { expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

it('a MySQL server that refuses tables without a primary key, or gives them one, or begins sessions in UCS-2, gets and gives them as they were', {
  timeout: coldStart,
}, async () => {
  await using server = await startMysqlServer('mysql-9.7');
  await mysqlQuery(
    server,
    "CREATE DATABASE source; CREATE DATABASE first; CREATE DATABASE second; CREATE DATABASE third; CREATE USER anna@'%' IDENTIFIED BY 'x'; GRANT ALL ON first.* TO anna@'%'",
  );
  await mysqlQuery(server, 'CREATE TABLE keyless (a INT); INSERT INTO keyless VALUES (1), (2)', { database: 'source' });
  const dump = await mysqlDumpOf(mysqlUrl(server, 'source'));
  const restored = (to: MysqlAddress, database: string) =>
    mysqlEngine.restore(() => piece(dump.bytes), dump.scan, { into: mysqlUrl(to, database), force: false, now: new Date() }, testWork());

  await mysqlQuery(server, 'SET GLOBAL sql_require_primary_key = ON');
  const user = { ...server, user: 'anna', password: 'x' };
  await expect(restored(user, 'first')).rejects.toThrow(/3750.*Set sql_require_primary_key = OFF/);
  expect(await restored(server, 'second')).toMatchObject({ rows: 2, notes: [] });

  await mysqlQuery(server, 'SET GLOBAL sql_generate_invisible_primary_key = ON');
  await expect(restored(user, 'first')).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining('SESSION_VARIABLES_ADMIN') });
  expect(await restored(server, 'third')).toMatchObject({ rows: 2, notes: [] });
  expect(await mysqlQuery(server, 'SHOW CREATE TABLE keyless', { database: 'third' })).not.toContain('PRIMARY KEY');

  // a server whose sessions begin with a character set of two bytes a letter
  await mysqlQuery(server, 'SET GLOBAL character_set_connection = ucs2');
  expect(await mysqlProof(await mysqlDumpOf(mysqlUrl(server, 'source')))).toMatchObject({ differences: [], flaws: [], unproven: [] });
  await mysqlQuery(server, 'CREATE DATABASE fourth');
  expect(await restored(server, 'fourth')).toMatchObject({ rows: 2, notes: [] });
});
