import { environmentOf, query, startPostgresServer } from '../support/postgres-server.ts';
import { launcher, toolsFolder } from '../support/programs.ts';
import { shell } from './command.ts';
import { parts } from './part.ts';
import { sampleSql } from './postgres-sample.ts';
import type { Subject } from './subject.ts';

/** Makes a database whose plain dump has about `bytes` bytes. */
export function postgresSubject(bytes: number): Promise<Subject> {
  return subjectOf('PostgreSQL', sampleSql(bytes), false);
}

/** Databases of many objects and few bytes, by the name of their benchmark. */
export const manyObjects: Record<string, () => Promise<Subject>> = {
  tables: () =>
    subjectOf(
      'PostgreSQL, 20,000 tables',
      gathered('SELECT format($$CREATE TABLE t%s (id int PRIMARY KEY, name text DEFAULT $a$x$a$)$$, i) FROM generate_series(1, 20000) i'),
    ),
  partitions: () =>
    subjectOf(
      'PostgreSQL, 2,000 partitions',
      `CREATE TABLE p (id int NOT NULL, day int NOT NULL, name text, PRIMARY KEY (day, id)) PARTITION BY LIST (day);
       ${gathered('SELECT format($$CREATE TABLE p%s PARTITION OF p FOR VALUES IN (%s)$$, i, i) FROM generate_series(1, 2000) i')}
       INSERT INTO p SELECT i, i % 2000 + 1, 'row ' || i FROM generate_series(1, 20000) i;`,
    ),
  'large-objects': () =>
    subjectOf('PostgreSQL, 3,000 large objects', "SELECT count(lo_from_bytea(0, decode(repeat('ab', 2000), 'hex'))) FROM generate_series(1, 3000)"),
  value: () =>
    subjectOf(
      'PostgreSQL, one value of 200 MB',
      "CREATE TABLE one (value text); INSERT INTO one SELECT string_agg(md5(i::text), '') FROM generate_series(1, 6250000) i",
    ),
};

/** Runs the statements that a query makes, each in its own transaction. */
function gathered(query: string): string {
  return `${query} \\gexec\n`;
}

/**
 * Starts a server of PostgreSQL 18 with a database that this SQL makes. All connect over its Unix socket. `restored`
 * adds psql's own restore of a dump, which no proof can undercut.
 */
async function subjectOf(title: string, sql: string, restored = true): Promise<Subject> {
  const server = await startPostgresServer(18, { settings: { max_wal_size: '8GB', shared_buffers: '256MB' } });
  await query(server, 'CREATE DATABASE source');
  await query(server, sql, { database: 'source' });
  const programs = await launcher(await toolsFolder());
  const pgDump = (...more: string[]) => shell(programs('pg_dump'), ...more);
  const psql = (database: string) => shell(programs('psql'), '-Xq', '-d', database);
  const restoring = `${pgDump('-Fp')} > dump.sql; ${psql('postgres')} -c 'CREATE DATABASE again TEMPLATE template0'; ${psql('again')} -1 -o /dev/null -f dump.sql; ${psql('postgres')} -c 'DROP DATABASE again'`;
  const address = (database: string) => `postgres:///${database}?host=${server.socket}&port=${server.port}&user=${server.user}`;
  return {
    title,
    database: { engine: 'postgres', connection: { url: address('source') } },
    environment: environmentOf(server, { database: 'source', overSocket: true }),
    lines: [
      { name: 'pg_dump > /dev/null', line: `${pgDump('-Fp')} > /dev/null` },
      {
        name: 'pg_dump \\| zstd > file; sha256sum',
        line: `${pgDump('-Fp')} | ${shell(programs('zstd'), '-q', '-3')} > dump.zst; sha256sum dump.zst > sum`,
      },
      { name: 'pg_dump -Fc > file', line: `${pgDump('-Fc')} > dump.custom`, slow: true },
      ...(restored ? [{ name: 'psql < the dump, in one transaction', line: restoring }] : []),
      { name: 'pg_dump > file; gzip; cp', line: `${pgDump('-Fp')} > dump.sql; gzip dump.sql; cp dump.sql.gz copy.gz`, slow: true },
    ],
    parts: [...parts],
    target: {
      into: address('target'),
      make: async () => void (await query(server, 'CREATE DATABASE target TEMPLATE template0')),
      remove: async () => void (await query(server, 'DROP DATABASE target')),
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
