import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const pageSize = 16_384;

/** A pool so small that pages of a table are read from the disk again once another table was read. */
const settings = { 'innodb-buffer-pool-size': '8M', 'innodb-old-blocks-time': '0' };

/** Makes a table of this many rows, a power of 2, of about a kilobyte each. */
function tableOf(name: string, rows: number): string {
  const doubled = `INSERT INTO ${name} (text) SELECT REPEAT('x', 900) FROM ${name};`;
  return `CREATE TABLE ${name} (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(1000)); INSERT INTO ${name} (text) VALUES ('begin'); ${doubled.repeat(Math.log2(rows))}`;
}

describe.each([
  // ends itself at a damaged page
  ['mysql-9.7', 'SourceUnreachableError', /`broken` at row: \d+\. If the server itself ended just then, .* damaged on disk\. Restore the table/],
  ['mariadb-11.8', 'SourceCorruptError', /'broken' is corrupt.*\. Restore the table .*innodb_force_recovery/],
] as const)('%s', { timeout: coldStart }, (server, error, words) => {
  it('with a page that is damaged on the disk is told with the table and what to do', async () => {
    const running = await startMysqlServer(server, { settings });
    onTestFinished(() => running[Symbol.asyncDispose]());
    const name = 'shop';
    await mysqlQuery(running, `CREATE DATABASE ${name}`);
    await mysqlQuery(running, tableOf('broken', 1024) + tableOf('whole', 16_384), { database: name });
    await mysqlQuery(running, 'FLUSH TABLES broken FOR EXPORT; UNLOCK TABLES; SELECT MAX(text) FROM whole', { database: name });
    const file = openSync(join(running.data, name, 'broken.ibd'), 'r+');
    writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, 20 * pageSize + 2000);
    closeSync(file);
    await mysqlQuery(running, 'SELECT MAX(text) FROM whole', { database: name });
    await expect(mysqlDumpOf(mysqlUrl(running, name))).rejects.toMatchObject({ name: error, message: expect.stringMatching(words) });
  });
});
