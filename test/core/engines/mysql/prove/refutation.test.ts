import { chmodSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Access } from '../../../../../core/engines/mysql/connect/access.ts';
import { connectionOf } from '../../../../../core/engines/mysql/connect/connection.ts';
import { mysqlDump } from '../../../../../core/engines/mysql/dump/tool.ts';
import { scanOf } from '../../../../../core/engines/mysql/script/scanner.ts';
import { leftIn, piece, testWork } from '../../../../support/engine-work.ts';
import type { MysqlServerName } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl, rescanned } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';
import { canMount, smallDisk } from '../../../../support/small-disk.ts';
import { gathered } from '../../../../support/streams.ts';

/** Those whose scratch servers differ. */
const families: MysqlServerName[] = ['mysql-9.7', 'mariadb-11.8'];

const sample = `CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');
  CREATE TABLE pair (id INT PRIMARY KEY, name VARCHAR(40)); CREATE TABLE visit (id INT, at DATE); INSERT INTO visit VALUES (1, '2026-01-01'), (2, '2026-01-02');
  CREATE TABLE pet (id INT); INSERT INTO pet VALUES (1); CREATE TABLE gone (id INT); CREATE VIEW people AS SELECT name FROM person;
  CREATE TRIGGER person_added BEFORE INSERT ON person FOR EACH ROW SET NEW.name = UPPER(NEW.name);
  CREATE FUNCTION two() RETURNS INT DETERMINISTIC RETURN 2; CREATE PROCEDURE nothing() SELECT 1; CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO DELETE FROM gone;`;

async function dumpedFrom(server: MysqlAddress, sql = sample): Promise<Dumped> {
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sql, { database });
  return mysqlDumpOf(mysqlUrl(server, database));
}

const dumped = async (name: MysqlServerName, sql?: string) => dumpedFrom(await mysqlServer(name), sql);

/** The dump with what matches left out, once each. */
function without(dump: Dumped, ...patterns: RegExp[]): Dumped {
  return patterns.reduce((rest, pattern) => altered(rest, pattern.exec(rest.bytes.toString('latin1'))?.[0] ?? String(pattern), ''), dump);
}

/** A statement between two delimiters. */
const body = (words: string) => new RegExp(`DELIMITER ;;\\n(?:(?!DELIMITER)[^])*${words}[^]*?DELIMITER ;\\n`);

describe.each(families)('a proof of %s', (name) => {
  it('refutes, and says which, what was changed after the scan, and not what has another order', { timeout: coldStart }, async () => {
    const separator = name === 'mysql-9.7' ? ',' : ',\n';
    const honest = await dumped(
      name,
      `${sample} CREATE TABLE turned LIKE pair; INSERT INTO turned VALUES (1, 'Ann'), (2, 'Bea'); CREATE TABLE copied LIKE pair; INSERT INTO copied VALUES (1, 'Edith'), (2, 'Joan')`,
    );
    const turn = (dump: Dumped, one: string, two: string) => altered(dump, `(1,'${one}')${separator}(2,'${two}')`, `(2,'${two}')${separator}(1,'${one}')`);
    const { bytes } = turn(turn(honest, 'Ann', 'Bea'), 'Edith', 'Joan');
    const scan = { ...honest.scan, ...(await scanOf(piece(bytes))) };
    expect(scan.tables).not.toEqual(honest.scan.tables);
    const changes: [string, string][] = [
      ["'2026-01-01'", "'2026-01-09'"],
      ['(1);', `(1)${separator}(2);`],
      [`${separator}(2,'Grace')`, ''],
      ["'Joan'", "'Jean'"],
    ];
    const changed = changes.reduce<Dumped>((dump, [from, to]) => altered(dump, from, to), { bytes, scan });
    const less = without(
      changed,
      /CREATE TABLE `gone` [^;]*;\n/,
      /[^\n]*`gone` DISABLE KEYS[^\n]*\n/,
      /[^\n]*`gone` ENABLE KEYS[^\n]*\n/,
      body('TRIGGER'),
      body('FUNCTION'),
      body('PROCEDURE'),
      body('EVENT'),
    );
    const work = testWork();
    const { differences, unproven } = await mysqlProof(
      without(less, /\/\*!50001 CREATE VIEW [^;]*;\n/, /\/\*!50001 DROP VIEW [^;]*;\n/, /\/\*!50001 CREATE ALGORITHM[^;]*;\n/),
      work,
    );
    expect(new Set(differences)).toEqual(
      new Set([
        'table copied has other contents in its 2 rows',
        'table gone is missing',
        'table person has 2 rows instead of 3',
        'table pet has 2 rows instead of 1',
        'table visit has other contents in its 2 rows',
        ...['VIEW', 'TRIGGER', 'FUNCTION', 'PROCEDURE', 'EVENT'].map((kind) => `there are 0 objects of kind ${kind} instead of 1`),
      ]),
    );
    expect(unproven).toEqual([]);
    expect(leftIn(work)).toEqual([]);
  });

  it('leaves unproven what needs what the scratch server has not, and refutes what is wrong elsewhere', { timeout: coldStart }, async () => {
    const honest = await dumped(
      name,
      `${sample} CREATE TABLE foreign_words (word VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german1_ci); INSERT INTO foreign_words VALUES ('x'); CREATE VIEW translated AS SELECT word FROM foreign_words;
      CREATE TABLE elsewhere (id INT) ENGINE = MyISAM; INSERT INTO elsewhere VALUES (1);`,
    );
    const mode = /SET sql_mode {14}= '[^']*'/.exec(honest.bytes.toString('latin1'))?.[0] ?? 'none';
    const lacks: [string, string][] = [
      ['latin1_german1_ci', 'latin1_klingon_ci'],
      ['ENGINE=MyISAM', 'ENGINE=ROCKSDB'],
      [mode, mode.replace("'", "'NO_AUTO_CREATE_USER_OF_OLD,")],
    ];
    const lacking = await rescanned(lacks.reduce((dump, [from, to]) => altered(dump, from, to), honest));
    const ending = '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;';
    const finding = await mysqlProof(altered(altered(lacking, 'Grace', 'Grbce'), ending, `DROP PROCEDURE IF EXISTS \`nothing\`;\n${ending}`));
    expect(finding.differences).toEqual(['table person has other contents in its 3 rows', 'PROCEDURE nothing is missing']);
    expect(finding.unproven).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/Unknown collation.*latin1_klingon_ci/),
        expect.stringMatching(/Unknown storage engine.*ROCKSDB/),
        expect.stringMatching(/Variable 'sql_mode' can't be set to the value of 'NO_AUTO_CREATE_USER_OF_OLD'/),
        'table foreign_words could not be made here',
        'table elsewhere could not be made here',
        'VIEW translated could not be made here',
      ]),
    );
  });

  it.skipIf(!canMount())('whose scratch server runs out of space says so and refutes nothing', { timeout: coldStart }, async () => {
    const honest = await dumped(
      name,
      `CREATE TABLE much (id INT PRIMARY KEY, words LONGTEXT); SET @words = REPEAT('some words', 320000);
      ${Array.from({ length: 18 }, (_, id) => `INSERT INTO much VALUES (${id}, @words);`).join(' ')}`,
    );
    // some 35 MB more than the server needs to start, for 58 MB
    const scratch = smallDisk(name === 'mysql-9.7' ? 222 : 158);
    chmodSync(scratch, 0o711);
    await expect(mysqlProof(honest, { ...testWork(), scratch })).rejects.toMatchObject({
      name: 'StorageFullError',
      message: expect.stringContaining('the scratch server ran out of space'),
    });
    expect(readdirSync(scratch)).toEqual([]);
  });
});

it('a dump that was cut short is refuted, and nothing is left', { timeout: coldStart }, async () => {
  const honest = await dumped('mariadb-11.8');
  const work = testWork();
  for (const share of [0.3, 0.99]) {
    const bytes = honest.bytes.subarray(0, Math.floor(honest.bytes.length * share));
    const { differences } = await mysqlProof({ ...honest, bytes }, work);
    expect(differences).toEqual([`the dump ends after ${bytes.length} bytes without its tool's closing line: it is not complete`]);
  }
  expect(leftIn(work)).toEqual([]);
});

it("a dump of MySQL by MariaDB's tool is proven where it restores, which tables with values of generated columns do not", { timeout: coldStart }, async () => {
  const server = await mysqlServer('mysql-9.7');
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, `${sample} CREATE TABLE price (net INT, gross INT AS (net * 2) STORED); INSERT INTO price (net) VALUES (1)`, { database });
  const work = testWork();
  await using access = await Access.open(connectionOf(mysqlUrl(server, database)), work.scratch);
  const bytes = await gathered(mysqlDump(work, { family: 'mariadb', access, database, extra: [] }));
  const { scan } = await mysqlDumpOf(mysqlUrl(server, database));
  expect(await mysqlProof(await rescanned({ bytes, scan }))).toMatchObject({ differences: ['table price has 0 rows instead of 1'], unproven: [] });
});
