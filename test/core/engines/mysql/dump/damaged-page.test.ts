import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';
import { startedAgain } from '../../../../support/started-again.ts';

const pageSize = 16_384;

/**
 * A pool so small that pages of a table are read from the disk again once another table was read. Nothing is kept from
 * which a server that starts again could mend a page.
 */
const settings = { 'innodb-buffer-pool-size': '8M', 'innodb-old-blocks-time': '0', 'innodb-doublewrite': '0' };

/** Makes a table of this many rows, a power of 2, of about a kilobyte each. */
function tableOf(name: string, rows: number): string {
  const doubled = `INSERT INTO ${name} (text) SELECT REPEAT('x', 900) FROM ${name};`;
  return `CREATE TABLE ${name} (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(1000)); INSERT INTO ${name} (text) VALUES ('begin'); ${doubled.repeat(Math.log2(rows))}`;
}

/** Waits until a server that starts again would begin behind everything that was written so far. */
async function checkpoint(server: MysqlAddress): Promise<void> {
  const [said, done] = [/Log sequence number\s+(\d+)/, /Last checkpoint at\s+(\d+)/];
  const place = async (pattern: RegExp) => Number(pattern.exec(await mysqlQuery(server, 'SHOW ENGINE INNODB STATUS'))?.[1]);
  await mysqlQuery(server, 'SET GLOBAL innodb_max_dirty_pages_pct = 0');
  const written = await place(said);
  await vi.waitUntil(async () => (await place(done)) >= written, { timeout: 30_000, interval: 100 });
}

/** The tools write the view `av` before the one that it is of: until then that cannot check anything. */
const others = `CREATE TABLE a (id INT); INSERT INTO a VALUES (1); CREATE VIEW wv AS SELECT id FROM whole; CREATE VIEW av AS SELECT * FROM wv WHERE id > 0 WITH CASCADED CHECK OPTION; CREATE TRIGGER bt BEFORE INSERT ON broken FOR EACH ROW SET NEW.id = 1;
  CREATE TRIGGER wt BEFORE INSERT ON whole FOR EACH ROW SET NEW.id = 1; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;`;

describe.each([
  // ends itself at a damaged page: once at the dump, and once when that is made sure of
  [
    'mysql-9.7',
    2,
    /^TABLE DATA broken: only the \d+ rows before a damaged page are in the backup, .*: mysqldump: Error 2013: Lost connection .* `broken` at row: \d+$/,
  ],
  [
    'mariadb-11.8',
    0,
    /^TABLE DATA broken: only the \d+ rows before a damaged page are in the backup, .*: mariadb-dump: Error \d+: Index for table 'broken' is corrupt.* at row: \d+$/,
  ],
] as const)('%s', { timeout: coldStart }, (server, starts, what) => {
  it('with a page that is damaged on the disk: the rows before it and all other tables are in the backup', async () => {
    const running = await startMysqlServer(server, { settings });
    onTestFinished(() => running[Symbol.asyncDispose]());
    const name = 'shop';
    await mysqlQuery(running, `CREATE DATABASE ${name}`);
    await mysqlQuery(running, tableOf('broken', 1024) + tableOf('whole', 16_384) + others, { database: name });
    await mysqlQuery(running, 'FLUSH TABLES broken FOR EXPORT; UNLOCK TABLES; SELECT MAX(text) FROM whole', { database: name });
    if (starts > 0) await checkpoint(running);
    const file = openSync(join(running.data, name, 'broken.ibd'), 'r+');
    writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, 20 * pageSize + 2000);
    closeSync(file);
    await mysqlQuery(running, 'SELECT MAX(text) FROM whole', { database: name });
    const supervised = startedAgain(running.pid);
    const dumped = await mysqlDumpOf(mysqlUrl(running, name));
    expect(supervised.starts).toBe(starts);
    const { tables, flaws, objects } = dumped.scan;
    expect(flaws).toEqual([{ what: expect.stringMatching(what), remedy: expect.stringMatching(/SELECT … WHERE on the key/) }]);
    const [a, broken, whole] = tables.map(({ rows }) => rows);
    expect({ a, whole, objects }).toEqual({ a: 1, whole: 16_384, objects: { TABLE: 3, TRIGGER: 2, VIEW: 2, FUNCTION: 1 } });
    expect(broken).toBeGreaterThan(100);
    expect(broken).toBeLessThan(1024);
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [] });
  });
});
