import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verdictFrom } from '../../../../../core/documents/proof.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Views over a table, a column, a function and a view that are gone, and a table whose parts are. */
const stale = `
  CREATE TABLE t (id INT, b INT); INSERT INTO t VALUES (1, 2); CREATE VIEW fine AS SELECT id FROM t; CREATE TABLE gone (id INT);
  CREATE VIEW broken AS SELECT id FROM gone; CREATE VIEW over_broken AS SELECT id FROM broken; DROP TABLE gone;
  CREATE VIEW \`a column; it''s\` AS SELECT b FROM t; ALTER TABLE t DROP b;
  CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1; CREATE VIEW called AS SELECT f() AS x; DROP FUNCTION f;
  CREATE TABLE part (id INT) ENGINE = MyISAM; CREATE TABLE merged (id INT) ENGINE = MERGE UNION = (part); DROP TABLE part;
  CREATE DEFINER = 'left the company'@'%' VIEW orphan AS SELECT id FROM t;
  CREATE TRIGGER nowhere AFTER INSERT ON t FOR EACH ROW INSERT INTO missing VALUES (1);
  CREATE PROCEDURE p() SELECT 1;`;

const left = ['VIEW broken', 'VIEW over_broken', "VIEW a column; it's", 'VIEW called', 'TABLE merged'];

describe.each(mysqlServerNames)('on %s', { timeout: coldStart }, (name) => {
  it('what cannot be read is told by a check, left out by name with its definition, and all else is backed up and restores', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, stale.replace("it''s", "it's"), { database });
    const work = testWork();

    const { remarks, tables } = await mysqlEngine.examine(mysqlSource(mysqlUrl(server, database)), work);
    const dumped = await mysqlDumpOf(mysqlUrl(server, database), work);
    const found = await mysqlProof(dumped, work);

    const flaws = dumped.scan.flaws ?? [];
    expect(new Set(flaws.map(({ what }) => what.split(': ')[0]))).toEqual(new Set(left));
    expect(flaws.find(({ what }) => what.startsWith('VIEW broken'))).toMatchObject({
      what: expect.stringMatching(/1356/),
      remedy: expect.stringMatching(/DROP VIEW `broken`;.* definition: CREATE .*select .*`gone`/),
    });
    expect(tables).toBe(1);
    for (const each of left) expect(remarks.join('\n')).toContain(`${each}: it cannot be read`);
    expect(dumped.scan.tables).toMatchObject([{ name: 't', rows: 1 }]);
    expect(dumped.scan.objects).toMatchObject({ VIEW: 2, TRIGGER: 1, PROCEDURE: 1 });
    expect(found).toMatchObject({ differences: [], unproven: [] });
    expect(verdictFrom({ ...found, flaws: [...flaws, ...found.flaws] })).toBe('flawed');
    expect(leftIn(work)).toEqual([]);
  });
});

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'on %s a table whose file was discarded is named, and all others are in the backup',
  { timeout: coldStart },
  async (name) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const made = `CREATE TABLE a (id INT); INSERT INTO a VALUES (1); CREATE TABLE gone (id INT PRIMARY KEY); INSERT INTO gone VALUES (1); CREATE TABLE z (id INT); INSERT INTO z VALUES (2);
    CREATE TRIGGER t BEFORE INSERT ON gone FOR EACH ROW SET NEW.id = 1; CREATE VIEW v AS SELECT id FROM gone; ALTER TABLE gone DISCARD TABLESPACE`;
    await mysqlQuery(server, made, { database });
    const dumped = await mysqlDumpOf(mysqlUrl(server, database));
    const rows = dumped.scan.tables.map((table) => [table.name, table.rows]);
    expect({ rows, objects: dumped.scan.objects }).toEqual({
      rows: [
        ['a', 1],
        ['gone', 0],
        ['z', 1],
      ],
      objects: { TABLE: 3, TRIGGER: 1, VIEW: 1 },
    });
    expect(dumped.scan.flaws).toEqual([
      {
        what: expect.stringMatching(/^TABLE DATA gone: the file of its rows is gone.*Error 1814: Tablespace/),
        remedy: expect.stringContaining('ALTER TABLE `gone` IMPORT TABLESPACE'),
      },
    ]);
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [] });
  },
);

describe.each(['mariadb-11.8', 'mariadb-10.11'] as const)('on %s', { timeout: coldStart }, (name) => {
  it('triggers one of whose files is damaged or missing are left out with their texts, and the others are there', async () => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    const made = `CREATE TABLE t (id INT, b INT); INSERT INTO t VALUES (1, 2); CREATE TRIGGER damaged BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 5;
      CREATE TRIGGER missing BEFORE DELETE ON t FOR EACH ROW SET @b = 6;
      CREATE TRIGGER z_first BEFORE UPDATE ON t FOR EACH ROW SET NEW.b = ';;'; CREATE TRIGGER a_second BEFORE UPDATE ON t FOR EACH ROW SET NEW.id = 7`;
    await mysqlQuery(server, made, { database });
    writeFileSync(join(server.data, database, 'damaged.TRN'), 'damaged');
    rmSync(join(server.data, database, 'missing.TRN'));

    const dumped = await mysqlDumpOf(mysqlUrl(server, database));

    const { flaws = [], ...scan } = dumped.scan;
    expect(scan).toMatchObject({ tables: [{ rows: 1 }], objects: { TRIGGER: 2 } });
    expect(flaws.toSorted((one, other) => one.what.localeCompare(other.what))).toMatchObject([
      {
        what: expect.stringMatching(/^TRIGGER damaged: /),
        remedy: expect.stringMatching(/CREATE OR REPLACE TRIGGER `damaged` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.b = 5$/),
      },
      {
        what: expect.stringMatching(/^TRIGGER missing: /),
        remedy: expect.stringMatching(/CREATE OR REPLACE TRIGGER `missing` BEFORE DELETE ON `t` FOR EACH ROW SET @b = 6$/),
      },
    ]);
    expect(dumped.bytes.toString()).toMatch(/TRIGGER z_first.*TRIGGER a_second/s);
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [] });
    for (const { remedy } of flaws) await mysqlQuery(server, remedy.split('its definition: ')[1] ?? '', { database });
    expect((await mysqlDumpOf(mysqlUrl(server, database))).scan.flaws).toBeUndefined();
  });
});
