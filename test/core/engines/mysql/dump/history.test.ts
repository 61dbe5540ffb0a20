import { expect, it } from 'vitest';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { altered } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** Keeps its history with visible columns, by moments or by numbers of transactions. */
const versioned = (name: string, type: string) =>
  `CREATE TABLE ${name} (n INT, since ${type} GENERATED ALWAYS AS ROW START, until ${type} GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING;
  INSERT INTO ${name} (n) VALUES (1), (5); UPDATE ${name} SET n = 2 WHERE n = 1;`;

async function dumpOf(sql: string) {
  const server = await mysqlServer('mariadb-11.8');
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sql, { database });
  return mysqlDumpOf(mysqlUrl(server, database));
}

it('history that the tool refuses to write is told with its reason, every current row is in the backup, and none may be another', {
  timeout: coldStart,
}, async () => {
  const dump = await dumpOf(versioned('deal', 'BIGINT UNSIGNED') + versioned('price', 'TIMESTAMP(6)'));
  expect(dump.scan.omitted).toEqual([
    expect.stringMatching(/^the history of these tables is not in the dump, .* as deal does \(columns of TIMESTAMP.*: deal, price$/),
  ]);
  expect(dump.scan.tables.map(({ name, rows }) => [name, rows])).toEqual([
    ['deal', 2],
    ['price', 2],
  ]);
  const unproven = ['deal', 'price'].map((name) => expect.stringMatching(`^table ${name}: every stored value came back equal`));
  expect(await mysqlProof(dump)).toMatchObject({ differences: [], flaws: [], unproven });
  const other = { ...altered(dump, '(5,', '(6,'), scan: dump.scan };
  expect((await mysqlProof(other)).differences).toContainEqual(expect.stringContaining('table deal has other contents'));
});

it('history that is in the dump comes back with its moments, and another moment refutes it', { timeout: coldStart }, async () => {
  const dump = await dumpOf(versioned('price', 'TIMESTAMP(6)'));
  expect(dump.scan).toMatchObject({ tables: [{ name: 'price', rows: 3 }] });
  expect(dump.scan.omitted).toBeUndefined();
  expect(await mysqlProof(dump)).toMatchObject({ differences: [], flaws: [], unproven: [] });
  const without = altered(dump, 'system_versioning_insert_history=1', 'system_versioning_insert_history=0');
  expect((await mysqlProof(without)).differences).toContainEqual(expect.stringContaining('table price has other contents'));
});

it('a table that keeps its history no more is proven as it is', { timeout: coldStart }, async () => {
  const sql = 'CREATE TABLE was (n INT, note INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING; ALTER TABLE was DROP SYSTEM VERSIONING;';
  const dump = await dumpOf(`${sql} CREATE TABLE is_still (n INT, note INT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING;`);
  expect(dump.bytes.toString().match(/WITHOUT SYSTEM VERSIONING/g)).toHaveLength(2);
  expect(await mysqlProof(dump)).toMatchObject({ differences: [], flaws: [], unproven: [], notes: [] });
  const other = altered(
    dump,
    'DEFAULT NULL WITHOUT SYSTEM VERSIONING\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci WITH',
    'DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci WITH',
  );
  expect((await mysqlProof(other)).unproven).toEqual(["TABLE is_still came back otherwise than the source's server described it"]);
});
