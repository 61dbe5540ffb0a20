import { chmodSync, readdirSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { verdictFrom } from '../../../../../core/documents/proof.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { tableHere } from '../../../../../core/engines/mysql/script/table-place.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { altered } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** A folder in which every server may write. */
function openFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  return folder;
}

it.each([
  ['mysql-9.7', "CREATE TABLESPACE `a b` ADD DATAFILE 'a_b.ibd'; CREATE TABLE s (a INT) TABLESPACE `a b`", 's (TABLESPACE `a b`)'],
  ['mariadb-11.8', "CREATE TABLE s (a INT) ENGINE=MyISAM DATA DIRECTORY='@' INDEX DIRECTORY='@'", "s (DATA DIRECTORY='@/', INDEX DIRECTORY='@/')"],
] as const)(
  'tables of %s in folders or tablespaces of one machine are proven without them, and lie elsewhere after a restore',
  { timeout: coldStart },
  async (name, special, told) => {
    const folder = openFolder();
    const server = await startMysqlServer(name, name === 'mysql-9.7' ? { settings: { 'innodb-directories': folder } } : {});
    onTestFinished(() => server[Symbol.asyncDispose]());
    const source = await newMysqlDatabase(server);
    const there = `DATA DIRECTORY='${folder}'`;
    const sql = `CREATE TABLE t (a INT COMMENT ' DATA DIRECTORY=''x'' ') ${there}; INSERT INTO t VALUES (1), (2);
    CREATE TABLE p (a INT PRIMARY KEY) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10) ${there}, PARTITION p1 VALUES LESS THAN (20)); INSERT INTO p VALUES (1), (12);`;
    await mysqlQuery(server, `${sql} ${special.replaceAll('@', folder)}; INSERT INTO s VALUES (3);`, { database: source });
    const files = readdirSync(folder, { recursive: true });
    expect(files).toContain(`${source}/t.ibd`);

    const dumped = await mysqlDumpOf(mysqlUrl(server, source));
    const { flaws, unproven, differences } = await mysqlProof(dumped);
    expect({ flaws, unproven, differences }).toEqual({ flaws: [], unproven: [], differences: [] });

    const target = await mysqlServer(name);
    const database = await newMysqlDatabase(target);
    const choices = { into: mysqlUrl(target, database), force: false, now: new Date() };
    const { rows, notes } = await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, choices, testWork());
    expect(rows).toBe(5);
    expect(notes).toEqual([expect.stringMatching(/^these tables lie where the server keeps its tables, not where the source's did: p \(DATA DIRECTORY = '/)]);
    expect(notes[0]).toContain(told.replaceAll('@', folder));
    expect(await mysqlQuery(target, 'SHOW CREATE TABLE t', { database })).toContain("COMMENT ' DATA DIRECTORY=''x'' '");

    // a form that no server writes: the scratch server takes no folder from a dump
    const another = openFolder();
    const planted = altered(dumped, ` DATA DIRECTORY='${folder}/'`, `  DATA  DIRECTORY '${another}/'`);
    expect(verdictFrom(await mysqlProof(planted))).toBe('refuted');
    expect([readdirSync(another, { recursive: true }), readdirSync(folder, { recursive: true })]).toEqual([[], files]);
  },
);

it.each([
  [') ENGINE=InnoDB', ') ENGINE=InnoDB', []],
  [") ENGINE=InnoDB COMMENT=' DATA DIRECTORY=''/x'''", ") ENGINE=InnoDB COMMENT=' DATA DIRECTORY=''/x'''", []],
  [') /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB', ') /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB', []],
  [') /*!50100 TABLESPACE `a``b` */ ENGINE=InnoDB', ') ENGINE=InnoDB', ['TABLESPACE `a``b`']],
  [
    "(PARTITION p0 DATA DIRECTORY = '/x' INDEX DIRECTORY = '/y' TABLESPACE = `z` ENGINE = InnoDB) */",
    '(PARTITION p0 ENGINE = InnoDB) */',
    ["DATA DIRECTORY = '/x'", "INDEX DIRECTORY = '/y'", 'TABLESPACE = `z`'],
  ],
])('%s', (end, expected, leftOut) => {
  const made = (text: string) => Buffer.from(`CREATE TABLE \` DATA DIRECTORY='é'\` (\n  \`a\` int DEFAULT NULL\n${text}`);
  const { table, leftOut: found } = tableHere(made(end));
  expect([table.toString(), found]).toEqual([made(expected).toString(), leftOut]);
});
