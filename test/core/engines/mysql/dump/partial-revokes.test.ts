import { expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const sample = `CREATE DATABASE my_shop; USE my_shop; CREATE TABLE t (a INT); CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 2;
  CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SET @x = 1`;
const whole = { objects: { TABLE: 1, TRIGGER: 1, EVENT: 1 }, said: [] };

async function dumpedAs(server: MysqlAddress, user: string) {
  const { objects, flaws = [] } = (await mysqlDumpOf(mysqlUrl({ ...server, user, password: 'p' }, 'my_shop'))).scan;
  return { objects, said: flaws.map(({ what }) => what) };
}

it('where MySQL takes rights back from single databases and takes names as they stand, what a user lacks is named, and the statement that gives it works', {
  timeout: coldStart,
}, async () => {
  await using server = await startMysqlServer('mysql-9.7', { settings: { 'partial-revokes': 'ON' } });
  await mysqlQuery(server, sample);
  const onAll = 'SELECT, SHOW VIEW, TRIGGER, EVENT, SHOW_ROUTINE ON *.*';
  const withoutTriggers = 'SELECT, SHOW VIEW, EVENT, SHOW_ROUTINE ON *.*';
  const lacking: [user: string, missing: string, ...statements: string[]][] = [
    ['revoked', 'TRIGGER, EVENT', `GRANT ${onAll} TO revoked`, 'REVOKE TRIGGER, EVENT ON my_shop.* FROM revoked'],
    ['all_revoked', 'EVENT', 'GRANT ALL ON *.* TO all_revoked', 'REVOKE EVENT ON my_shop.* FROM all_revoked'],
    ['by_pattern', 'TRIGGER', `GRANT ${withoutTriggers} TO by_pattern`, 'GRANT TRIGGER ON `my_sho%`.* TO by_pattern'],
    ['by_escape', 'TRIGGER', `GRANT ${withoutTriggers} TO by_escape`, 'GRANT TRIGGER ON `my\\_shop`.* TO by_escape'],
  ];
  for (const [user, missing, ...statements] of lacking) {
    await mysqlQuery(server, [`CREATE USER ${user} IDENTIFIED BY 'p'`, ...statements].join('; '));
    const { said } = await dumpedAs(server, user);
    expect(said.map((what) => /: GRANT (\w+) ON /.exec(what)?.[1]).join(', '), user).toBe(missing);
    await mysqlQuery(server, said.map((what) => what.replace(/^.*As an administrator: /, '')).join(' '));
    expect(await dumpedAs(server, user), user).toEqual(whole);
  }
  const enough: [user: string, ...statements: string[]][] = [
    ['elsewhere', `GRANT ${onAll} TO elsewhere`, 'REVOKE SELECT, EVENT ON mysql.* FROM elsewhere'],
    ['not_a_pattern', `GRANT ${onAll} TO not_a_pattern`, 'REVOKE EVENT ON `my_sho%`.* FROM not_a_pattern'],
    ['plain', `GRANT ${withoutTriggers} TO plain`, 'GRANT TRIGGER ON my_shop.* TO plain'],
  ];
  for (const [user, ...statements] of enough) {
    await mysqlQuery(server, [`CREATE USER ${user} IDENTIFIED BY 'p'`, ...statements].join('; '));
    expect(await dumpedAs(server, user), user).toEqual(whole);
  }

  const dumped = await mysqlDumpOf(mysqlUrl(server, 'my_shop'), testWork(), { withAccounts: true });
  expect((await mysqlProof(dumped)).notes).toEqual([]);
  const users = [...lacking, ...enough].map(([user]) => user).join(', ');
  await mysqlQuery(server, `DROP USER ${users}; SET GLOBAL partial_revokes = OFF; CREATE DATABASE copy`);
  const target = { into: mysqlUrl(server, 'copy'), force: false, withRoles: true, now: new Date() };
  const { notes } = await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, target, testWork());
  expect(notes).toContainEqual(expect.stringMatching(/^left out: the rights of elsewhere@% on everything/));
  expect(await mysqlQuery(server, 'SHOW GRANTS FOR elsewhere')).toBe('GRANT USAGE ON *.* TO `elsewhere`@`%`');
  expect(await mysqlQuery(server, 'SHOW GRANTS FOR plain')).toContain('GRANT TRIGGER ON `copy`.*');
});
