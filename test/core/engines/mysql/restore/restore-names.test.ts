import { describe, expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('a restore into %s beside what is there', { timeout: coldStart }, (name) => {
  async function prepared() {
    const server = await mysqlServer(name);
    const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
    await mysqlQuery(
      server,
      `CREATE TABLE person (id INT); CREATE VIEW people AS SELECT id FROM person; CREATE TRIGGER added BEFORE INSERT ON person FOR EACH ROW SET NEW.id = 1;
       CREATE PROCEDURE nothing() SELECT 1; CREATE FUNCTION two() RETURNS INT DETERMINISTIC RETURN 2; CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO SELECT 1`,
      { database: source },
    );
    const { bytes, scan } = await mysqlDumpOf(mysqlUrl(server, source));
    const told: string[] = [];
    const work = testWork({ warn: (message) => void told.push(message) });
    const restored = (force: boolean) => mysqlEngine.restore(() => piece(bytes), scan, { into: mysqlUrl(server, target), force, now: new Date() }, work);
    return { server, target, told, restored };
  }

  it.each([
    ['a view', 'CREATE VIEW people AS SELECT 7', 'VIEW people'],
    ['a table with the name of a view', 'CREATE TABLE people (id INT)', 'VIEW people'],
    ['a view with the name of a table', 'CREATE VIEW person AS SELECT 7', 'VIEW person'],
    ['a trigger', 'CREATE TABLE mine (id INT); CREATE TRIGGER added BEFORE INSERT ON mine FOR EACH ROW SET NEW.id = 7', 'TRIGGER added'],
    ['a procedure, in any case', 'CREATE PROCEDURE NOTHING() SELECT 7', 'PROCEDURE nothing'],
    ['a function', 'CREATE FUNCTION two() RETURNS INT DETERMINISTIC RETURN 7', 'FUNCTION two'],
    ['an event', "CREATE EVENT yearly ON SCHEDULE EVERY 7 YEAR STARTS '2037-01-01' DO SELECT 7", 'EVENT yearly'],
  ])('never takes the place of %s', async (_, sql, taken) => {
    const { server, target, restored } = await prepared();
    await mysqlQuery(server, sql, { database: target });

    await expect(restored(true)).rejects.toMatchObject({
      name: 'RefusedError',
      message: `the target has names of the backup already: ${taken}. Name an empty database, or remove what has them there first`,
    });
    expect(await mysqlQuery(server, "SHOW TABLES LIKE 'person'", { database: target })).toBe(taken === 'VIEW person' ? 'person' : '');
  });

  it('shows what is there, and leaves what has other names', async () => {
    const { server, target, told, restored } = await prepared();
    // a function may have a procedure's name
    await mysqlQuery(server, 'CREATE VIEW mine AS SELECT 7 AS n; CREATE FUNCTION nothing() RETURNS INT DETERMINISTIC RETURN 7', { database: target });

    await expect(restored(false)).rejects.toMatchObject({
      name: 'RefusedError',
      message: expect.stringContaining('not empty: it has VIEW mine, FUNCTION nothing. '),
    });
    await restored(true);

    expect(told).toEqual([expect.stringContaining('it has VIEW mine, FUNCTION nothing. This is restored beside it')]);
    expect(await mysqlQuery(server, 'SELECT n + nothing() FROM mine', { database: target })).toBe('14');
  });
});
