import { describe, expect, it } from 'vitest';
import { verdictFrom } from '../../../../../core/documents/proof.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import type { MysqlServerName } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl, rescanned } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

async function prepared(name: MysqlServerName, sql: string) {
  const server = await mysqlServer(name);
  const [source, target] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
  await mysqlQuery(server, sql, { database: source });
  const restored = ({ bytes, scan }: Dumped, without: NonNullable<Dumped['scan']['flaws']> = [], enableEvents = false) =>
    mysqlEngine.restore(() => piece(bytes), scan, { into: mysqlUrl(server, target), force: false, without, enableEvents, now: new Date() }, testWork());
  return { dumped: await mysqlDumpOf(mysqlUrl(server, source)), restored, ask: (question: string) => mysqlQuery(server, question, { database: target }) };
}

describe('on MariaDB', { timeout: coldStart }, () => {
  it('a row against its CHECK comes back, and is told with the query that finds it', async () => {
    const { dumped, restored, ask } = await prepared(
      'mariadb-11.8',
      `CREATE TABLE t (id INT CHECK (id > 5), b INT, CONSTRAINT bb CHECK (b > id)); SET check_constraint_checks = 0; INSERT INTO t VALUES (1, 0), (6, 7);
       CREATE TRIGGER t_added BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 9; CREATE TABLE u (a VARCHAR(10)); INSERT INTO u VALUES ('x'), ('X')`,
    );

    const found = await mysqlProof(dumped);
    const { rows } = await restored(dumped, found.flaws);

    expect(found).toMatchObject({ differences: [], unproven: [] });
    expect(found.flaws).toEqual([
      { what: expect.stringMatching(/^CHECK of TABLE t/), remedy: expect.stringContaining('SELECT * FROM `t` WHERE NOT (`id` > 5) OR NOT (`b` > `id`);') },
    ]);
    expect(verdictFrom(found)).toBe('flawed');
    expect(rows).toBe(4);
    expect(await ask('SELECT b FROM t ORDER BY id')).toBe('0\n7');
  });
});

describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('on %s', { timeout: coldStart }, (name) => {
  it('rows that fit a CHECK in the session alone that wrote them come back, and the CHECK is named', async () => {
    const check = 'CHECK (CAST(t AS DATETIME) = d)';
    const { dumped, restored, ask } = await prepared(
      name,
      `SET time_zone = '+05:00'; CREATE TABLE seen (t TIMESTAMP, d DATETIME, CONSTRAINT same ${check}); INSERT INTO seen VALUES ('2026-01-01 10:00', '2026-01-01 10:00')`,
    );

    const found = await mysqlProof(dumped);
    await restored(dumped, found.flaws);

    expect(found).toMatchObject({
      differences: [],
      unproven: [],
      flaws: [{ what: expect.stringMatching(/seen/), remedy: expect.stringMatching(/such as time_zone/) }],
    });
    expect(await ask('SELECT COUNT(*) FROM seen')).toBe('1');
  });

  it('a routine that cannot be made is a flaw, and a restore leaves it out', async () => {
    const { dumped, restored, ask } = await prepared(
      name,
      'CREATE TABLE t (id INT); INSERT INTO t VALUES (1); CREATE PROCEDURE p() SELECT 1; CREATE PROCEDURE q() SELECT 2',
    );
    const wrong = await rescanned(altered(dumped, 'SELECT 1', 'SELECT 1 wrong syntax'));

    const found = await mysqlProof(wrong);
    await restored(wrong, found.flaws);

    expect(found).toMatchObject({
      differences: [],
      unproven: [],
      flaws: [{ what: expect.stringContaining('PROCEDURE p'), remedy: expect.stringContaining('DROP PROCEDURE `p`;') }],
    });
    expect(await ask('CALL q()')).toBe('2');
    await expect(ask('CALL p()')).rejects.toThrow(/does not exist/);
  });

  it('rows without their parent are told with the query that finds them, and come back', async () => {
    const { dumped, restored, ask } = await prepared(
      name,
      `CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE c (id INT, a INT, b INT, CONSTRAINT of_p FOREIGN KEY (a, b) REFERENCES p (a, b));
       CREATE TABLE fine (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES fine (id)); INSERT INTO fine VALUES (1, NULL), (2, 1);
       SET foreign_key_checks = 0; INSERT INTO c VALUES (1, 7, 7), (2, NULL, 7); CREATE TABLE lone (id INT, CONSTRAINT of_gone FOREIGN KEY (id) REFERENCES gone (id))`,
    );

    const found = await mysqlProof(dumped);
    await restored(dumped, found.flaws);

    expect(found).toMatchObject({ differences: [], unproven: [] });
    expect(found.flaws.map(({ what }) => what)).toEqual([
      'foreign key of_p of TABLE c: rows without their parent in p, which come back as they are: 1',
      expect.stringMatching(/^foreign key of_gone of TABLE lone cannot be checked: .*doesn't exist/),
    ]);
    expect(await ask(/SELECT .*;/.exec(found.flaws[0]?.remedy ?? '')?.[0] ?? '')).toBe('1\t7\t7');
  });

  it('duplicates under a unique key and rows of no partition come back, and a restore leaves out what refuses them', async () => {
    const halves = 'PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))';
    const { dumped, restored, ask } = await prepared(
      name,
      `CREATE TABLE t (id INT PRIMARY KEY, v INT) ${halves}; CREATE TABLE u LIKE t; INSERT INTO t VALUES (1, 1); INSERT INTO u VALUES (2, 2);
       CREATE TABLE x (id INT PRIMARY KEY, v INT); INSERT INTO x VALUES (1, 9); ALTER TABLE t EXCHANGE PARTITION p1 WITH TABLE x WITHOUT VALIDATION;
       INSERT INTO x VALUES (99, 9); ALTER TABLE u EXCHANGE PARTITION p1 WITH TABLE x WITHOUT VALIDATION`,
    );

    const found = await mysqlProof(dumped);
    await expect(restored(dumped)).rejects.toMatchObject({ name: 'RestoreFailedError' });
    await ask('DROP TABLE IF EXISTS t, u, x');
    const { notes } = await restored(dumped, found.flaws);

    expect(found).toMatchObject({ differences: [], unproven: [] });
    expect(found.flaws.map(({ what, remedy }) => `${what} ${remedy}`)).toEqual([
      expect.stringMatching(/^PRIMARY KEY \(`id`\) of TABLE t.* GROUP BY `id`/),
      expect.stringMatching(/^partitions of TABLE u.*no partition.*ALTER TABLE `u` CHECK PARTITION ALL/),
    ]);
    expect(notes.join()).toMatch(/left out, because rows of the backup violate it: PRIMARY KEY/);
    expect(await ask('SELECT id, v FROM t UNION ALL SELECT id, v FROM u ORDER BY 1, 2')).toBe('1\t1\n1\t9\n2\t2\n99\t9');
  });

  it.each([
    ["a routine's body", "'honest'", "'forged'"],
    ["a column's default", "DEFAULT '7'", "DEFAULT '8'"],
    ["a trigger's body", 'SET NEW.id = 5', 'SET NEW.id = 6'],
    ['a comment', "COMMENT='said'", "COMMENT='lied'"],
  ])('%s that was changed in the stored dump refutes it, and a restore says so', async (_, from, to) => {
    const { dumped, restored } = await prepared(
      name,
      "CREATE TABLE t (id INT, seven CHAR(1) DEFAULT '7') COMMENT = 'said'; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 5; CREATE FUNCTION f() RETURNS CHAR(9) DETERMINISTIC RETURN 'honest'",
    );
    const forged = altered(dumped, from, to);

    expect((await mysqlProof(dumped)).differences).toEqual([]);
    expect((await mysqlProof(forged)).differences).toEqual([expect.stringMatching(/^the definition of .* is not the one that was dumped$/)]);
    await expect(restored(forged)).rejects.toMatchObject({ name: 'RestoreFailedError', message: expect.stringContaining('is not the one that was dumped') });
  });

  it.each([false, true])('an event that ran at the source comes back disabled unless asked: %s', async (enableEvents) => {
    const { dumped, restored, ask } = await prepared(
      name,
      'CREATE TABLE t (id INT); CREATE EVENT tick ON SCHEDULE EVERY 1 HOUR DO INSERT INTO t VALUES (1); CREATE EVENT off ON SCHEDULE EVERY 1 HOUR DISABLE DO SELECT 1',
    );

    const { notes } = await restored(dumped, [], enableEvents);

    expect(await ask('SELECT EVENT_NAME, STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1')).toBe(
      `off\tDISABLED\ntick\t${enableEvents ? 'ENABLED' : 'DISABLED'}`,
    );
    expect(notes.join().includes('ALTER EVENT `tick` ENABLE')).toBe(!enableEvents);
  });
});
