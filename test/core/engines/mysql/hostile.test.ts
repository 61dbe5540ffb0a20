import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mysqlEngine } from '../../../../core/engines/mysql/engine.ts';
import { RestoreScript } from '../../../../core/engines/mysql/restore/restore-script.ts';
import { leftIn, piece, testWork } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import type { MysqlServerName } from '../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery } from '../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../support/mysql-work.ts';
import { altered, type Dumped } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

const families: MysqlServerName[] = ['mysql-9.7', 'mariadb-11.8'];
const sample = "CREATE TABLE person (id INT PRIMARY KEY, name TEXT); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace');";

/** A folder where both servers and clients may write. */
function openFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  return folder;
}

/** Where statements can be added: after the first table's rows. */
const mark = /\/\*!40000 ALTER TABLE `person` ENABLE KEYS \*\/;\n/;
/** Before them. */
const early = /\/\*!40000 ALTER TABLE `person` DISABLE KEYS \*\/;\n/;

function withMore(dump: Dumped, more: string, place = mark): Dumped {
  const found = place.exec(dump.bytes.toString('latin1'))?.[0] ?? String(place);
  return altered(dump, found, `${found}${more}\n`);
}

async function dumped(server: MysqlAddress): Promise<Dumped> {
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sample, { database });
  return mysqlDumpOf(mysqlUrl(server, database));
}

const block = (text: string) => `DELIMITER ;;\n${text};;\nDELIMITER ;`;

/** What stands in the dump; a file that it would write, an account that it would make. None of it is what a dump tool writes. */
const attacks: [string, (file: string, account: string) => string][] = [
  ['a shell command', (file) => `\\! touch ${file}`],
  ['a shell command, by name', (file) => `system touch ${file}`],
  ['a shell command in a statement', (file) => `UNLOCK TABLES \\! touch ${file}\n;`],
  ['a shell command among rows', (file) => `INSERT INTO \`person\` VALUES (3, \\! touch ${file}\n'x');`],
  ['a script', (_, account) => `source /tmp/${account}.sql`],
  ['a log', (file) => `tee ${file}`],
  ['a pager', (file) => `pager touch ${file}`],
  ['another delimiter', (_, account) => `DELIMITER $$\nCREATE USER ${account} $$\nDELIMITER ;`],
  ['a file that is read', (file) => `LOAD DATA LOCAL INFILE '${file}' INTO TABLE person;`],
  ['a file that is read among rows', () => "INSERT INTO `person` VALUES (3,LOAD_FILE('/etc/passwd'));"],
  ['a file that is read by a default', () => "CREATE TABLE `x` (`a` text DEFAULT (LOAD_FILE('/etc/passwd')));"],
  ['a file that is written', (file) => `SELECT 1 INTO OUTFILE '${file}';`],
  ['a global setting', () => "SET GLOBAL sql_mode = 'ANSI_QUOTES';"],
  ['an account', (_, account) => `CREATE USER ${account};`],
  ['an account in a versioned comment', (_, account) => `/*!50001 CREATE USER ${account} */;`],
  ["an account in MariaDB's comment", (_, account) => `/*M!100100 CREATE USER ${account} */;`],
  ['a grant', (_, account) => `GRANT ALL ON *.* TO ${account};`],
  ['a function of a shared library', () => block("CREATE FUNCTION f RETURNS STRING SONAME 'evil.so'")],
  ['a function of a shared library behind a long comment', () => block(`CREATE FUNCTION f /*${'x'.repeat(5000)}*/ RETURNS STRING SONAME 'evil.so'`)],
  ['a plugin', () => "INSTALL PLUGIN evil SONAME 'evil.so';"],
  ['another database', () => 'USE `mysql`;'],
  ['rows of another database', () => 'INSERT INTO `mysql`.`user` VALUES (1);'],
  ['a table of another database', (_, account) => `CREATE TABLE \`test_of_nobody\`.\`${account}\` (a INT);`],
  ['a routine of another database', (_, account) => block(`CREATE PROCEDURE \`sys\`.\`${account}\`() SELECT 1`)],
  ['a table of a query', () => 'CREATE TABLE `stolen` AS SELECT * FROM mysql.user;'],
  ['a table with columns and a query', () => "CREATE TABLE `stolen` (`a` int DEFAULT '1') SELECT * FROM mysql.user;"],
  ['an account behind a routine', (_, account) => block(`CREATE PROCEDURE \`p\`() SELECT 1; CREATE USER ${account}`)],
  ['an account behind a block', (_, account) => block(`CREATE PROCEDURE \`p\`() BEGIN IF 1 THEN SELECT IF(1,2,3); END IF; END; CREATE USER ${account}`)],
  [
    'an account behind a trigger, in a versioned comment',
    (_, account) => block(`/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE INSERT ON person FOR EACH ROW SET NEW.id = 1 */; /*!50001 CREATE USER ${account} */`),
  ],
];

/** Where backslashes escape this is one statement. */
function hidden(account: string): string {
  return `CREATE TABLE \`x\` (\`a\` int COMMENT '\\'); CREATE USER ${account}; -- ');`;
}

/** Words for an account that an attack would make. */
const evil = 'evil';

/** What leads there and is let pass, if anything, and then the statement that is not. */
const detours: [string, string, string][] = [
  ['a mode that a variable brings', '', `SET @saved_sql_mode = 'NO_BACKSLASH_ESCAPES'; SET sql_mode = @saved_sql_mode; ${hidden(evil)}`],
  [
    'a mode that a variable has kept',
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SET @saved_sql_mode = @@sql_mode; SET sql_mode = ''; SET sql_mode = @saved_sql_mode;",
    hidden(evil),
  ],
  ['a mode by its number', '', `SET sql_mode = 1048576; ${hidden(evil)}`],
  ['a mode that is set twice at once', "SET sql_mode = '', sql_mode = 'NO_BACKSLASH_ESCAPES';", hidden(evil)],
  ["the server's own mode in the middle", 'SET sql_mode = @OLD_SQL_MODE;', 'CREATE TABLE `x` (`a` int);'],
  ['a letter that swallows a backslash, in rows', 'SET character_set_client = gbk;', `INSERT INTO \`person\` VALUES (3,'\xbf\\'); CREATE USER ${evil}; -- ');`],
  [
    'a letter that swallows a backslash, in a view',
    'SET character_set_client = gbk;',
    `CREATE ALGORITHM=MERGE VIEW \`x\` AS SELECT '\xbf\\'; CREATE USER ${evil}; -- ';`,
  ],
  [
    'a letter that swallows a backslash, in a routine',
    'SET character_set_client = gbk;',
    block(`CREATE PROCEDURE \`p\`() SELECT '\xbf\\'; CREATE USER ${evil}; -- '`),
  ],
  ['rows through a view', 'CREATE ALGORITHM=MERGE VIEW `x` AS SELECT * FROM mysql.db;', 'INSERT INTO `x` VALUES (1);'],
  ['rows of a table that is not of the dump', '', 'INSERT INTO `others` VALUES (1);'],
  ['rows behind a trigger', block('CREATE TRIGGER `t` BEFORE INSERT ON `person` FOR EACH ROW SET @a = 1'), "INSERT INTO `person` VALUES (3,'x');"],
  ['the end of a table that is not of the dump', '', 'DROP TABLE IF EXISTS `others`;'],
  ['a table in the place of another', '', 'CREATE OR REPLACE TABLE `others` (`a` int);'],
  ['a view in the place of another', '', 'CREATE OR REPLACE ALGORITHM=MERGE VIEW `others` AS SELECT 1;'],
  ['a sequence that is not of the dump', '', 'DO SETVAL(`others`, 1, 0);'],
  ['a table of values', '', 'CREATE TABLE `x` (`a` int) VALUES (f());'],
  ['a table of values behind a comment', '', 'CREATE TABLE `x` (`a` int) VALUES/**/(f());'],
];

/** Those that are tried on a server as well; the others differ in words alone. */
const tried = new Set([
  'a shell command',
  'a shell command among rows',
  'a file that is written',
  'a global setting',
  'an account',
  'an account behind a block',
]);
const refusal = { name: 'DumpMalformedError', message: expect.stringMatching(/^the dump (?:has|sets|ends|keeps|removes|takes) /) };

/** Small ones: what stands before an attack has been passed on when the attack comes. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 16) yield bytes.subarray(start, start + 16);
}

/** What a client is given of a dump, and what ends that. */
async function passedOn(bytes: Buffer): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    for await (const block of new RestoreScript({ keepsEngines: true }).from(inPieces(bytes))) text += Buffer.from(block).toString('latin1');
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

describe.each(families)('a hostile dump of %s', (name) => {
  it('is not restored, and does nothing', { timeout: coldStart }, async () => {
    const server = await mysqlServer(name);
    const [honest, folder, target, work] = [await dumped(server), openFolder(), await newMysqlDatabase(server), testWork()];
    const [file, account] = [join(folder, 'attacked'), `evil_${target}`];
    const into = { into: mysqlUrl(server, target), force: false, now: new Date() };
    const traces = `SELECT COUNT(*) FROM mysql.user WHERE user = '${account}'; SELECT COUNT(*) FROM mysql.func; SELECT @@GLOBAL.sql_mode; SHOW TABLES`;
    const before = await mysqlQuery(server, traces, { database: target });
    for (const [what, attack] of attacks.filter(([what]) => tried.has(what))) {
      const { bytes, scan } = withMore(honest, attack(file, account));
      await expect(
        mysqlEngine.restore(() => piece(bytes), scan, into, work),
        what,
      ).rejects.toMatchObject(refusal);
      expect(readdirSync(folder), what).toEqual([]);
    }
    expect(await mysqlQuery(server, traces, { database: target })).toBe(before);
    expect(leftIn(work)).toEqual([]);
  });

  it('reaches no client: what is passed on ends before it', { timeout: coldStart }, async () => {
    const honest = await dumped(await mysqlServer(name));
    const whole = await passedOn(honest.bytes);
    for (const [what, attack] of attacks) {
      const { text, error } = await passedOn(withMore(honest, attack('/tmp/attacked', 'evil')).bytes);
      expect(error, what).toMatchObject(refusal);
      expect(text, what).toContain('Grace');
      expect(whole.text.startsWith(text), what).toBe(true);
    }
    expect(whole.error).toBeUndefined();
  });

  it('reaches no client by a detour, of which the beginning at most is passed on', { timeout: coldStart }, async () => {
    const honest = await dumped(await mysqlServer(name));
    for (const [what, prelude, attack] of detours) {
      const { text, error } = await passedOn(withMore(honest, `${prelude}\n${attack}`).bytes);
      expect(error, what).toMatchObject(refusal);
      expect(text, what).not.toContain(attack.slice(0, 40));
      expect(text, what).not.toContain('CREATE USER');
    }
  });

  it('makes no account by a detour in a restore of an administrator', { timeout: coldStart }, async () => {
    const server = await mysqlServer(name);
    const honest = await dumped(server);
    for (const [what, prelude, attack] of detours.filter(([, , statement]) => statement.includes('CREATE USER')).slice(0, 6)) {
      const account = `evil_${(await newMysqlDatabase(server)).slice(5)}`;
      const { bytes, scan } = withMore(honest, `${prelude}\n${attack.replace(evil, account)}`);
      const into = { into: mysqlUrl(server, await newMysqlDatabase(server)), force: false, now: new Date() };
      await expect(
        mysqlEngine.restore(() => piece(bytes), scan, into, testWork()),
        what,
      ).rejects.toMatchObject(refusal);
      expect(await mysqlQuery(server, `SELECT COUNT(*) FROM mysql.user WHERE user = '${account}'`), what).toBe('0');
    }
  });

  it("writes no file by a trigger of the scratch server's superuser, and is refuted", { timeout: coldStart }, async () => {
    const honest = await dumped(await mysqlServer(name));
    const file = join(openFolder(), 'attacked');
    const trigger = `CREATE DEFINER=\`sauvegarde_superuser\`@\`localhost\` TRIGGER \`t\` BEFORE INSERT ON \`person\` FOR EACH ROW BEGIN SELECT 1 INTO OUTFILE '${file}'; END`;
    const { differences } = await mysqlProof(withMore(honest, block(trigger), early));
    expect(existsSync(file)).toBe(false);
    expect(differences).toEqual([expect.stringContaining('rows for a table that it does not make, or has made a trigger for')]);
  });
});

it('a hostile dump is refuted by its proof', { timeout: coldStart }, async () => {
  const honest = await dumped(await mysqlServer('mysql-9.7'));
  const finding = await mysqlProof(withMore(honest, block('CREATE PROCEDURE `p`() SELECT 1; CREATE USER evil')));
  expect(finding).toMatchObject({ differences: [expect.stringContaining('a statement behind the end of another')], unproven: [] });
});
