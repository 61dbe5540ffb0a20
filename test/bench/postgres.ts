import { environmentOf, query, startPostgresServer } from '../support/postgres-server.ts';
import { launcher, toolsFolder } from '../support/programs.ts';
import { shell } from './command.ts';
import { parts } from './part.ts';
import { sampleSql } from './postgres-sample.ts';
import type { Subject } from './subject.ts';

/**
 * Starts a server of PostgreSQL 18 with a database whose plain dump has about `bytes` bytes. All connect over its Unix
 * socket.
 */
export async function postgresSubject(bytes: number): Promise<Subject> {
  const server = await startPostgresServer(18, { settings: { max_wal_size: '8GB', shared_buffers: '256MB' } });
  await query(server, 'CREATE DATABASE source');
  await query(server, sampleSql(bytes), { database: 'source' });
  const programs = await launcher(await toolsFolder());
  const pgDump = (...more: string[]) => shell(programs('pg_dump'), ...more);
  const address = (database: string) => `postgres:///${database}?host=${server.socket}&port=${server.port}&user=${server.user}`;
  return {
    title: 'PostgreSQL',
    database: { engine: 'postgres', connection: { url: address('source') } },
    environment: environmentOf(server, { database: 'source', overSocket: true }),
    lines: [
      { name: 'pg_dump > /dev/null', line: `${pgDump('-Fp')} > /dev/null` },
      {
        name: 'pg_dump \\| zstd > file; sha256sum',
        line: `${pgDump('-Fp')} | ${shell(programs('zstd'), '-q', '-3')} > dump.zst; sha256sum dump.zst > sum`,
      },
      { name: 'pg_dump -Fc > file', line: `${pgDump('-Fc')} > dump.custom`, slow: true },
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
