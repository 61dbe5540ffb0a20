import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { verdictFrom } from '../../../../../core/documents/proof.ts';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { withoutPlace } from '../../../../../core/engines/mysql/script/table-options.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl, rescanned } from '../../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../../support/postgres-work.ts';
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

    const { rows, notes, ask } = await restoredInto(await mysqlServer(name), dumped);
    expect(rows).toBe(5);
    expect(notes).toEqual([expect.stringMatching(/^these tables lie where the server keeps its tables, not where the source's did: p \(DATA DIRECTORY = '/)]);
    expect(notes[0]).toContain(told.replaceAll('@', folder));
    expect(await ask('SHOW CREATE TABLE t')).toContain("COMMENT ' DATA DIRECTORY=''x'' '");

    // a form that no server writes: the scratch server takes no folder from a dump
    const another = openFolder();
    const planted = altered(dumped, ` DATA DIRECTORY='${folder}/'`, `  DATA  DIRECTORY '${another}/'`);
    expect(verdictFrom(await mysqlProof(planted))).toBe('refuted');
    expect([readdirSync(another, { recursive: true }), readdirSync(folder, { recursive: true })]).toEqual([[], files]);
  },
);

async function restoredInto(server: MysqlAddress, { bytes, scan }: Dumped) {
  const database = await newMysqlDatabase(server);
  const { rows, notes } = await mysqlEngine.restore(() => piece(bytes), scan, { into: mysqlUrl(server, database), force: false, now: new Date() }, testWork());
  return { rows, notes, ask: (sql: string) => mysqlQuery(server, sql, { database }) };
}

it('encrypted tables of MariaDB are proven without the keys; a restore encrypts them where the server can, and tells where not', {
  timeout: coldStart,
}, async () => {
  const keys = join(openFolder(), 'keys');
  writeFileSync(keys, `1;${'01'.repeat(32)}\n2;${'02'.repeat(32)}\n`);
  chmodSync(keys, 0o644);
  const server = await startMysqlServer('mariadb-11.8', { settings: { 'plugin-load-add': 'file_key_management', 'file-key-management-filename': keys } });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const database = await newMysqlDatabase(server);
  const sql = `CREATE TABLE t (a INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=2; INSERT INTO t VALUES (1); CREATE TABLE u (a INT COMMENT ' \`ENCRYPTED\`=YES') ENCRYPTED=yes; CREATE TABLE v (a INT) ENCRYPTED=NO;
    CREATE TABLE w (a INT CHECK (a > 5)) ENCRYPTED=yes; SET check_constraint_checks = 0; INSERT INTO w VALUES (1)`;
  await mysqlQuery(server, sql, { database });
  const dumped = await mysqlDumpOf(mysqlUrl(server, database));
  expect(dumped.scan.mysql?.encryption).toEqual(['`ENCRYPTED`=YES `ENCRYPTION_KEY_ID`=2', '`ENCRYPTED`=yes']);
  const { flaws, unproven, differences } = await mysqlProof(dumped);
  expect({ flaws, unproven, differences }).toMatchObject({ flaws: [{ what: expect.stringMatching(/^CHECK of TABLE w: /) }], unproven: [], differences: [] });

  const same = await restoredInto(server, dumped);
  expect([same.rows, same.notes]).toEqual([2, []]);
  expect(await same.ask('SHOW CREATE TABLE t')).toContain('`ENCRYPTED`=YES `ENCRYPTION_KEY_ID`=2');
  const plain = await restoredInto(await mysqlServer('mariadb-11.8'), dumped);
  const note = /^these tables are NOT encrypted, as they were at the source, because this server refuses it \(.*Wrong create options.*\): t, u, w$/;
  expect([plain.rows, plain.notes]).toEqual([2, [expect.stringMatching(note)]]);
  expect(await plain.ask('SHOW TABLES')).toBe('t\nu\nv\nw'); // nothing is left of the trial
});

it('encrypted tables of MySQL are proven without the keys, and restored without where the server has none', { timeout: coldStart }, async () => {
  const server = await mysqlServer('mysql-9.7');
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, 'CREATE TABLE t (a INT); INSERT INTO t VALUES (1)', { database });
  const option = "/*!80016 ENCRYPTION='Y' */"; // as a server with a keyring writes it; there is none here
  const { bytes, scan } = await rescanned(altered(await mysqlDumpOf(mysqlUrl(server, database)), '_0900_ai_ci;', `_0900_ai_ci ${option};`));
  const dumped = { bytes, scan: { ...scan, ...(scan.mysql && { mysql: { ...scan.mysql, encryption: [option, `${option}; CREATE TABLE planted (a INT)`] } }) } };
  const { flaws, unproven, differences } = await mysqlProof(dumped);
  expect({ flaws, unproven, differences }).toEqual({ flaws: [], unproven: [], differences: [] });
  const { rows, notes, ask } = await restoredInto(server, dumped);
  expect([rows, notes]).toEqual([1, [expect.stringMatching(/NOT encrypted.*Can't find master key from keyring.*: t$/)]]);
  expect(await ask('SHOW TABLES')).toBe('t'); // nothing of a scan is run
});

it.each([
  [') ENGINE=InnoDB', ') ENGINE=InnoDB', []],
  [") ENGINE=InnoDB COMMENT=' DATA DIRECTORY=''/x'''", ") ENGINE=InnoDB COMMENT=' DATA DIRECTORY=''/x'''", []],
  [') /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB', ') /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB', []],
  [') /*!50100 TABLESPACE `a``b` */ ENGINE=InnoDB', ') ENGINE=InnoDB', ['/*!50100 TABLESPACE `a``b` */']],
  [
    "(PARTITION p0 DATA DIRECTORY = '/x' INDEX DIRECTORY = '/y' TABLESPACE = `z` ENGINE = InnoDB) */",
    '(PARTITION p0 ENGINE = InnoDB) */',
    ["DATA DIRECTORY = '/x'", "INDEX DIRECTORY = '/y'", 'TABLESPACE = `z`'],
  ],
])('%s', (end, expected, leftOut) => {
  const made = (text: string) => Buffer.from(`CREATE TABLE \` DATA DIRECTORY='é'\` (\n  \`a\` int DEFAULT NULL\n${text}`);
  const { table, leftOut: found } = withoutPlace(made(end));
  expect([table.toString(), found]).toEqual([made(expected).toString(), leftOut]);
});
