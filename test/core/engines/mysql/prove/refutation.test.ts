import { chmodSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Access } from '../../../../../core/engines/mysql/connect/access.ts';
import { connectionOf } from '../../../../../core/engines/mysql/connect/connection.ts';
import { mysqlDump } from '../../../../../core/engines/mysql/dump/tool.ts';
import { scanOf } from '../../../../../core/engines/mysql/script/scanner.ts';
import { leftIn, piece, testWork } from '../../../../support/engine-work.ts';
import type { MysqlServerName } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl, rescanned } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';
import { canMount, smallDisk } from '../../../../support/small-disk.ts';
import { gathered } from '../../../../support/streams.ts';

/** Those whose scratch servers differ. */
const families: MysqlServerName[] = ['mysql-9.7', 'mariadb-11.8'];

const sample = `CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');
  CREATE TABLE visit (id INT, at DATE); INSERT INTO visit VALUES (1, '2026-01-01'), (2, '2026-01-02');
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
  it('refutes, and says which, what was changed after the scan', { timeout: coldStart }, async () => {
    const honest = await dumped(name);
    const changed = altered(altered(honest, "'2026-01-01'", "'2026-01-09'"), '(1);', name === 'mysql-9.7' ? '(1),(2);' : '(1),\n(2);');
    const row = altered(changed, name === 'mysql-9.7' ? ",(2,'Grace')" : ",\n(2,'Grace')", '');
    const less = without(
      row,
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

  it('finds rows in another order to be the same rows, and not those of which one is another', { timeout: coldStart }, async () => {
    const honest = await dumped(name, `${sample} CREATE TABLE copied LIKE person; INSERT INTO copied VALUES (1, 'Edith'), (2, 'Joan'), (3, 'Mary')`);
    const separator = name === 'mysql-9.7' ? ',' : ',\n';
    const turn = (dump: Dumped, one: string, two: string) => altered(dump, `(1,'${one}')${separator}(2,'${two}')`, `(2,'${two}')${separator}(1,'${one}')`);
    const { bytes } = turn(turn(honest, 'Ada', 'Grace'), 'Edith', 'Joan');
    const scan = { ...honest.scan, ...(await scanOf(piece(bytes))) };
    expect(scan.tables).not.toEqual(honest.scan.tables);
    const { differences, unproven } = await mysqlProof(altered({ bytes, scan }, 'Joan', 'Jean'));
    expect({ differences, unproven }).toEqual({ differences: ['table copied has other contents in its 3 rows'], unproven: [] });
  });

  it('leaves unproven what needs what the scratch server has not, and refutes what is wrong elsewhere', { timeout: coldStart }, async () => {
    const honest = await dumped(
      name,
      `${sample} CREATE TABLE foreign_words (word VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german1_ci); INSERT INTO foreign_words VALUES ('x'); CREATE VIEW translated AS SELECT word FROM foreign_words;
      CREATE TABLE elsewhere (id INT) ENGINE = MyISAM; INSERT INTO elsewhere VALUES (1);`,
    );
    const lacking = altered(altered(honest, 'latin1_german1_ci', 'latin1_klingon_ci'), 'ENGINE=MyISAM', 'ENGINE=ROCKSDB');
    const finding = await mysqlProof(altered(await rescanned(lacking), 'Grace', 'Grbce'));
    expect(finding.differences).toEqual(['table person has other contents in its 3 rows']);
    expect(finding.unproven).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/Unknown collation.*latin1_klingon_ci/),
        expect.stringMatching(/Unknown storage engine.*ROCKSDB/),
        'table foreign_words could not be made here',
        'table elsewhere could not be made here',
      ]),
    );
  });

  it.skipIf(!canMount())('whose scratch server runs out of space says so and refutes nothing', { timeout: coldStart }, async () => {
    const honest = await dumped(
      name,
      `CREATE TABLE much (id INT PRIMARY KEY, words LONGTEXT); SET @words = REPEAT('some words', 320000);
      ${Array.from({ length: 40 }, (_, id) => `INSERT INTO much VALUES (${id}, @words);`).join(' ')}`,
    );
    const scratch = smallDisk(name === 'mysql-9.7' ? 260 : 200);
    chmodSync(scratch, 0o711);
    await expect(mysqlProof(honest, { ...testWork(), scratch })).rejects.toMatchObject({
      name: 'StorageFullError',
      message: expect.stringContaining('the scratch server ran out of space'),
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('holds for a server whose settings change what SQL means: case of names, mode, character set, time zone', { timeout: coldStart }, async () => {
    const sqlMode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE';
    await using server = await startMysqlServer(name, {
      lasting: { 'lower-case-table-names': '1' },
      settings: {
        'sql-mode': sqlMode,
        'default-time-zone': '+05:30',
        'character-set-server': 'latin1',
        'div-precision-increment': '9',
        'lc-time-names': 'fr_FR',
      },
    });
    await mysqlQuery(
      server,
      `INSERT INTO mysql.time_zone (Time_zone_id) VALUES (1); INSERT INTO mysql.time_zone_name VALUES ('Europe/Paris', 1); INSERT INTO mysql.time_zone_transition_type VALUES (1, 0, 3600, 0, 'CET');
       CREATE DATABASE Odd COLLATE latin1_german1_ci; USE odd; CREATE TABLE Loud (id INT, at TIMESTAMP NULL, day DATE, path VARCHAR(40) DEFAULT 'c:\\'); INSERT INTO Loud VALUES (1, '2026-03-29 02:30:00', NULL, 'a\\nb');
       SET sql_mode = ''; INSERT INTO Loud VALUES (2, NULL, '0000-00-00', 'x'); INSERT INTO Loud VALUES (3, NULL, '2026-00-00', 'x'); SET sql_mode = DEFAULT;
       CREATE TABLE Person (id INT, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP); INSERT INTO person VALUES (1, NOW());
       CREATE TABLE share (a INT, part DECIMAL(30,12) AS (a / 3) STORED); INSERT INTO share (a) VALUES (1);
       CREATE VIEW Quiet AS SELECT "path" || '\\' AS both_of FROM LOUD; CREATE FUNCTION Joined() RETURNS VARCHAR(20) DETERMINISTIC RETURN 'a\\' || 'b';
       CREATE TRIGGER Loudly BEFORE INSERT ON Loud FOR EACH ROW SET NEW."path" = NEW."path" || '\\';`,
    );
    await mysqlQuery(server, "SET time_zone = 'Europe/Paris'; CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2036-07-01 12:00:00' DO SELECT 1", {
      database: 'odd',
    });
    const dump = await mysqlDumpOf(mysqlUrl(server, 'odd'));
    expect(dump.scan.mysql).toMatchObject({ lowerCaseTableNames: 1, characterSet: 'latin1', collation: 'latin1_german1_ci', zones: ['Europe/Paris'] });
    expect(new Set(dump.scan.mysql?.sqlMode.split(','))).toEqual(new Set(sqlMode.split(',')));
    expect(await mysqlProof(dump)).toMatchObject({ differences: [], unproven: [], flaws: [] });
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

it('a dump of MySQL by the tool of MariaDB is proven where it restores', { timeout: coldStart }, async () => {
  const server = await mysqlServer('mysql-9.7');
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sample, { database });
  const work = testWork();
  await using access = await Access.open(connectionOf(mysqlUrl(server, database)), work.scratch);
  const bytes = await gathered(mysqlDump(work, { family: 'mariadb', access, database, extra: [] }));
  const { scan } = await mysqlDumpOf(mysqlUrl(server, database));
  expect(await mysqlProof(await rescanned({ bytes, scan }))).toMatchObject({ differences: [], unproven: [] });
});

it('what the source allowed is proven: a foreign key to what is not unique, a mode of SQL that there is no more', { timeout: coldStart }, async () => {
  const sql = `SET SESSION restrict_fk_on_non_standard_key = OFF; CREATE TABLE parent (id INT, KEY (id)); CREATE TABLE child (parent INT, FOREIGN KEY (parent) REFERENCES parent (id));
    INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1);`;
  const { bytes, scan } = await dumped('mysql-9.7', sql);
  if (!scan.mysql) throw new Error('the scan says nothing of its source');
  const older = { ...scan, mysql: { ...scan.mysql, sqlMode: 'ONLY_FULL_GROUP_BY,NO_AUTO_CREATE_USER' } };
  expect(await mysqlProof({ bytes, scan: older })).toMatchObject({ differences: [], unproven: [] });
});
