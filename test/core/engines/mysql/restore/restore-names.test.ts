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

  it('never takes the place of a view, trigger, procedure in any case, function or event', async () => {
    const { server, target, restored } = await prepared();
    await mysqlQuery(
      server,
      `CREATE VIEW people AS SELECT 7; CREATE TABLE mine (id INT); CREATE TRIGGER added BEFORE INSERT ON mine FOR EACH ROW SET NEW.id = 7;
       CREATE PROCEDURE NOTHING() SELECT 7; CREATE FUNCTION two() RETURNS INT DETERMINISTIC RETURN 7; CREATE EVENT yearly ON SCHEDULE EVERY 7 YEAR STARTS '2037-01-01' DO SELECT 7`,
      { database: target },
    );

    const taken = ['VIEW people', 'TRIGGER added', 'EVENT yearly', 'PROCEDURE nothing', 'FUNCTION two'];
    const refused = await restored(true).catch((error: Error) => error);

    expect(refused).toMatchObject({ name: 'RefusedError' });
    const [, names = ''] =
      /^the target has names of the backup already: (.*)\. Name an empty database, or remove what has them there first$/.exec(
        String((refused as Error).message),
      ) ?? [];
    expect(names.split(', ').toSorted()).toEqual(taken.toSorted());
    expect(await mysqlQuery(server, 'SHOW TABLES', { database: target })).toBe('mine\npeople');
  });

  it('never takes the place of a table with the name of a view, nor of a view with the name of a table', async () => {
    const { server, target, restored } = await prepared();
    await mysqlQuery(server, 'CREATE TABLE people (id INT); CREATE VIEW person AS SELECT 7', { database: target });

    await expect(restored(true)).rejects.toMatchObject({
      name: 'RefusedError',
      message: 'the target has names of the backup already: VIEW person, VIEW people. Name an empty database, or remove what has them there first',
    });
    expect(await mysqlQuery(server, 'SHOW TABLES', { database: target })).toBe('people\nperson');
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
