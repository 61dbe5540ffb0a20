import { describe, expect, it } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Letters of four bytes, which every server shows as question marks: in lists, in defaults, beside quotes and real question marks. */
const emoji = `CREATE TABLE reactions (id INT PRIMARY KEY,
    one ENUM('none', 'a👍', '👎', '?', 'it''s \\\\ 🐘', '') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'a👍' COMMENT ' DEFAULT ''?''',
    \`some?\` SET('🐘', 'y', 'é👍') CHARACTER SET utf16 COLLATE utf16_bin NOT NULL DEFAULT '🐘,y',
    word VARCHAR(20) CHARACTER SET utf8mb4 DEFAULT 'why? 🐘', plain VARCHAR(20) DEFAULT 'really?') CHARACTER SET utf8mb4;
  INSERT INTO reactions (id, one, \`some?\`, word) VALUES (1, '👎', 'é👍', '🐘'), (2, 'none', '🐘,é👍', ''), (3, 'it''s \\\\ 🐘', '', NULL);
  INSERT INTO reactions (id) VALUES (4); INSERT INTO reactions (id, one) VALUES (5, '?'), (6, ''), (7, NULL);`;
/** Tables without a row, whose columns cannot be NULL. */
const vacant = `CREATE TABLE vacant (one ENUM('👍', 'b👎', 'none') CHARACTER SET utf8mb4 NOT NULL DEFAULT 'b👎', some SET('c', '🐘') CHARACTER SET utf8mb4 NOT NULL DEFAULT 'c,🐘');
  CREATE TABLE word (w VARCHAR(9) CHARACTER SET utf8mb4 NOT NULL DEFAULT '🐘')`;
const answered = 'CREATE TABLE answered (a ENUM("yes", "no", "?") CHARACTER SET utf8mb4); INSERT INTO answered VALUES ("yes")';
const unused = `CREATE TABLE unused (a ENUM('no', '👋', '👏') COLLATE utf8mb4_bin, b ENUM('?', '🐘') COLLATE utf8mb4_bin) CHARACTER SET utf8mb4; INSERT INTO unused VALUES ('no', '?')`;

describe.each(mysqlServerNames)('on %s', { timeout: coldStart }, (name) => {
  const isMysql = name === 'mysql-9.7';
  const dumpedWith = async (sql: string) => {
    const server = await mysqlServer(name);
    const database = await newMysqlDatabase(server);
    await mysqlQuery(server, `SET NAMES utf8mb4; ${sql}`, { database });
    return { server, database, dumped: await mysqlDumpOf(mysqlUrl(server, database)) };
  };

  it('members and defaults with letters that the server shows as question marks come back as they are', async () => {
    const { server, database, dumped } = await dumpedWith(emoji);
    expect(dumped.scan).toMatchObject({ warnings: [] });
    expect(dumped.scan).not.toHaveProperty('omitted');
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [], ...(name !== 'mariadb-10.11' && { notes: [] }) });
    const copy = await newMysqlDatabase(server);
    await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: mysqlUrl(server, copy), force: false, now: new Date() }, testWork());
    const all = `SET NAMES utf8mb4; INSERT INTO reactions (id) VALUES (8);
      SELECT id, one + 0, HEX(one), \`some?\` + 0, HEX(\`some?\`), HEX(word), HEX(plain) FROM reactions ORDER BY id`;
    const before = await mysqlQuery(server, all, { database });
    expect(before).toContain('F09F9098');
    expect(await mysqlQuery(server, all, { database: copy })).toBe(before);
  });

  it('so do those of a table without rows, as far as the server tells them', async () => {
    const { server, database, dumped } = await dumpedWith(vacant);
    const untold = isMysql
      ? ['one of vacant (enum): its member 1 comes back as the server shows it']
      : ['w of word (varchar): its default comes back as the server shows it'];
    expect(dumped.scan.warnings).toEqual(untold.map((words) => expect.stringContaining(`column ${words}`)));
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [] });
    const copy = await newMysqlDatabase(server);
    await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: mysqlUrl(server, copy), force: false, now: new Date() }, testWork());
    const all = 'SET NAMES utf8mb4; INSERT INTO vacant () VALUES (); SELECT HEX(one), HEX(some) FROM vacant';
    expect(await mysqlQuery(server, all, { database: copy })).toBe(await mysqlQuery(server, all, { database }));
  });

  it('a member that no row has is told if the server does not say what it is', async () => {
    const { dumped } = await dumpedWith(`${answered}; ${unused}`);
    const text = dumped.bytes.toString();
    expect(text).toContain("enum('yes','no','?')");
    expect(text.includes("enum('no','👋','👏')")).toBe(!isMysql);
    const { omitted = [], warnings } = dumped.scan;
    expect(warnings).toEqual(
      isMysql
        ? [
            expect.stringMatching(
              /^column a of answered \(enum\): its member 3 comes back as the server shows it, '\?', since no row told more; a letter .* may be meant$/,
            ),
          ]
        : [],
    );
    const lost = [
      'a of unused (enum): its member 2 comes back as ',
      'a of unused (enum): its member 3 comes back as ',
      'b of unused (enum): its member 2 comes back as ',
    ];
    expect(omitted).toEqual(isMysql ? lost.map((words) => expect.stringContaining(`column ${words}`)) : []);
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [] });
  });
});

it('a table of the engine ARCHIVE, which takes no row below the number at which it goes on, comes back with its key', { timeout: coldStart }, async () => {
  const server = await mysqlServer('mysql-9.7');
  const [database, copy] = [await newMysqlDatabase(server), await newMysqlDatabase(server)];
  const table = "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(40) DEFAULT ' ENGINE=ARCHIVE AUTO_INCREMENT=4') ENGINE=ARCHIVE";
  await mysqlQuery(server, `${table}; INSERT INTO log (word) VALUES ('a'), ('b'), ('c')`, { database });
  const dumped = await mysqlDumpOf(mysqlUrl(server, database));
  expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [], notes: [] });
  await mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: mysqlUrl(server, copy), force: false, now: new Date() }, testWork());
  const all = 'SELECT * FROM log ORDER BY id; SHOW CREATE TABLE log';
  expect(await mysqlQuery(server, all, { database: copy })).toBe(await mysqlQuery(server, all, { database }));
});
