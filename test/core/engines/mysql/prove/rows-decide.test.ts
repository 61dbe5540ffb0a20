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
  it('rows that are double under a unique key come back without the key, which is named', async () => {
    const { dumped, restored, ask } = await prepared(
      name,
      `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(9), n INT DEFAULT 1, half INT AS (n * 2) STORED, UNIQUE KEY w (word), KEY h (half)); INSERT INTO t (word) VALUES ('a'), ('b');`,
    );
    const double = await rescanned(altered(dumped, "(2,'b',1", "(2,'a',1"));

    const found = await mysqlProof(double);
    expect(found).toMatchObject({ differences: [], unproven: [] });
    const { notes } = await restored(double, found.flaws);

    expect(found.flaws).toEqual([
      {
        what: expect.stringMatching(/^UNIQUE KEY `w`.* of TABLE t: /),
        remedy: expect.stringContaining('SELECT `word`, COUNT(*) FROM `t` GROUP BY `word` HAVING COUNT(*) > 1;'),
        statement: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(notes.join()).toMatch(/left out.*UNIQUE KEY `w`/);
    expect(await ask('SELECT id, word, half FROM t ORDER BY id')).toBe('1\ta\t2\n2\ta\t2');
    expect(await ask('SHOW CREATE TABLE t')).toMatch(/PRIMARY KEY \(`id`\)[\s\S]*KEY `h` \(`half`\)/);
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
