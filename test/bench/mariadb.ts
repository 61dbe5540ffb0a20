import { buildLayer } from '../../layers/layers.ts';
import { mysqlQuery, startMysqlServer } from '../support/mysql-server.ts';
import { buildOptions, launcher, toolsFolder } from '../support/programs.ts';
import { shell } from './command.ts';
import type { Subject } from './subject.ts';

/** Measured bytes of a row in a plain dump, so that `--size` is about the dump's size. */
const tables = [
  {
    name: 'customers',
    share: 0.4,
    rowBytes: 250,
    columns: `id bigint PRIMARY KEY, name varchar(80) NOT NULL, email varchar(80), phone varchar(20), street varchar(80), city varchar(40), zip int, born date, created datetime(3), spent decimal(12,2),
      rating double, vip boolean, referrer binary(16), note text, KEY (email)`,
    row: `seq, CONCAT('Customer ', MD5(seq)), CONCAT('user', seq, '@mail', seq % 50, '.example.org'), CONCAT('+33 ', seq * 7919 % 1000000000), CONCAT(seq % 300, ' rue ', LEFT(MD5(seq % 9000), 9)),
      ELT(1 + seq % 5, 'Cayenne', 'Kourou', 'Paris', 'Lyon', 'Saint-Denis'), 10000 + seq * 31 % 80000, DATE '1950-01-01' + INTERVAL seq * 13 % 20000 DAY, TIMESTAMP '2020-01-01 00:00:00' + INTERVAL seq * 97 SECOND,
      (seq * 7717 % 10000000) / 100.0, SIN(seq), seq % 17 = 0, UNHEX(MD5(seq)), IF(seq % 3 = 0, NULL, CONCAT('line one\\nand\\ttwo, it''s of ', seq))`,
  },
  {
    name: 'readings',
    share: 0.3,
    rowBytes: 43,
    columns: 'sensor int, at datetime(3), value decimal(10,3), PRIMARY KEY (sensor, at)',
    row: `seq % 500, TIMESTAMP '2024-01-01 00:00:00' + INTERVAL seq DIV 500 MINUTE + INTERVAL (seq % 60) * 1000 MICROSECOND, (seq * 7919 % 10000019) / 1000.0`,
  },
  {
    name: 'articles',
    share: 0.3,
    rowBytes: 3030,
    columns: 'id bigint PRIMARY KEY, title varchar(80), body mediumtext, content longtext CHECK (json_valid(content))',
    row: `seq, CONCAT('Article ', seq), CONCAT(REPEAT(CONCAT(MD5(seq), ' le résumé "of" the night '), 30), REPEAT(MD5(seq * 7), 30)), JSON_OBJECT('kind', ELT(1 + seq % 3, 'click', 'view', 'order'), 'user', seq * 31 % 100000)`,
  },
];

const restoredByOthers = 'mariadb < file; mariadb-dump > /dev/null';

/**
 * Starts a server of MariaDB 11.8 with a database whose plain dump has about `bytes` bytes. All connect over its Unix
 * socket.
 */
export async function mariadbSubject(bytes: number): Promise<Subject> {
  const server = await startMysqlServer('mariadb-11.8', { settings: { 'innodb-buffer-pool-size': '256M' } });
  await mysqlQuery(server, 'CREATE DATABASE source CHARACTER SET utf8mb4', { overSocket: true });
  const made = tables.map(({ name, share, rowBytes, columns, row }) => {
    const rows = Math.ceil((bytes * share) / rowBytes);
    return `CREATE TABLE ${name} (${columns}); INSERT INTO ${name} SELECT ${row} FROM seq_1_to_${rows};`;
  });
  await mysqlQuery(server, made.join('\n'), { database: 'source', overSocket: true });
  const zstd = shell((await launcher(await toolsFolder()))('zstd'), '-q', '-3');
  const clients = await launcher(await buildLayer('mariadb-tools', buildOptions()));
  const where = ['--no-defaults', `--socket=${server.socket}`, `--user=${server.user}`, '--skip-ssl', '--default-character-set=utf8mb4'];
  const consistent = ['--single-transaction', '--routines', '--triggers', '--events', '--max-allowed-packet=1G'];
  const dump = shell(clients('mariadb-dump'), ...where, ...consistent, 'source');
  const [load, ask] = [shell(clients('mariadb'), ...where, 'other'), (sql: string) => shell(clients('mariadb'), ...where, `--execute=${sql}`)];
  const address = (database: string) => `mysql://${server.user}@localhost/${database}?ssl-mode=DISABLED&socket=${encodeURIComponent(server.socket)}`;
  const run = async (sql: string) => void (await mysqlQuery(server, sql, { overSocket: true }));
  return {
    title: 'MariaDB',
    database: { engine: 'mysql', connection: { url: address('source') } },
    environment: {},
    lines: [
      { name: 'mariadb-dump > /dev/null', line: `${dump} > /dev/null` },
      { name: 'mariadb-dump \\| zstd > file; sha256sum', line: `${dump} | ${zstd} > dump.zst; sha256sum dump.zst > sum` },
      { name: 'mariadb-dump \\| gzip > file', line: `${dump} | gzip > dump.gz`, slow: true },
      { name: 'mariadb-dump > file', line: `${dump} > dump.sql`, slow: true },
      { name: restoredByOthers, line: `${ask('CREATE DATABASE other')}; ${load} < dump.sql; ${dump} > /dev/null; ${ask('DROP DATABASE other')}`, slow: true },
    ],
    target: { into: address('target'), make: () => run('CREATE DATABASE target CHARACTER SET utf8mb4'), remove: () => run('DROP DATABASE target') },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
