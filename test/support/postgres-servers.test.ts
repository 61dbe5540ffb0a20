import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { query, startPostgresServer } from './postgres-server.ts';
import { newDatabase, postgresServer } from './postgres-servers.ts';
import { coldStart, serverVersions } from './programs.ts';

describe.each(serverVersions)('the test server of PostgreSQL %i', (version) => {
  it(
    'is that version, and one server for everybody',
    async () => {
      const server = await postgresServer(version);
      expect(await query(server, 'SHOW server_version_num')).toMatch(new RegExp(`^${version}`));
      expect(await postgresServer(version)).toEqual(server);
    },
    coldStart,
  );

  it('asks for a password by SCRAM and refuses a wrong one', async () => {
    const server = await postgresServer(version);
    await expect(query({ ...server, password: 'wrong' }, 'SELECT 1', { overSocket: false })).rejects.toThrow('password authentication failed');
    expect(await query(server, "SELECT left(rolpassword, 14) FROM pg_authid WHERE rolname = 'postgres'")).toBe('SCRAM-SHA-256$');
  });

  it('speaks TLS with a certificate that its authority, and no other, vouches for', async () => {
    const server = await postgresServer(version);
    const trusting = (ca: string) => ({ overSocket: false, environment: { PGSSLMODE: 'verify-full', PGSSLROOTCERT: ca } });
    expect(await query(server, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', trusting(server.ca))).toBe('t');
    await expect(query(server, 'SELECT 1', trusting(server.foreignCa))).rejects.toThrow('certificate verify failed');
  });

  it('answers and complains alike whether psql is kept for many scripts or started for one', async () => {
    const server = await postgresServer(version);
    const scripts = [
      "SET work_mem = '5MB'; CREATE TEMPORARY TABLE t (a int); SELECT set_config('search_path', '', false)",
      'SHOW work_mem; SHOW search_path',
      'DROP TABLE IF EXISTS nothing;\n\nSELECT a FROM t;\nSELECT 2',
      "SELECT 'é\n', NULL; SELECT 2 -- the last",
      'SELECT pg_terminate_backend(pg_backend_pid())',
      'SELECT 3',
    ];
    for (const script of scripts) {
      const answer = (more: object) => query(server, script, more).catch(String);
      expect(await answer({})).toBe(await answer({ environment: { PGAPPNAME: 'psql' } }));
    }
  });

  it('knows time zones, ICU collations and extensions', async () => {
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    await query(
      server,
      "CREATE EXTENSION hstore; CREATE EXTENSION pgcrypto; CREATE EXTENSION postgres_fdw; CREATE COLLATION fr (provider = icu, locale = 'fr-FR')",
      { database },
    );
    expect(await query(server, "SELECT timestamptz '2026-07-01 12:00Z' AT TIME ZONE 'America/Cayenne', 'é' < 'f' COLLATE fr", { database })).toBe(
      '2026-07-01 09:00:00|t',
    );
  });
});

it(
  'can show an expired certificate',
  async () => {
    await using server = await startPostgresServer(18, { expired: true });
    await expect(query(server, 'SELECT 1', { overSocket: false, environment: { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: server.ca } })).rejects.toThrow(
      'certificate verify failed',
    );
    expect(Date.parse(new X509Certificate(readFileSync(join(server.data, 'server.crt'))).validTo)).toBeLessThan(Date.now());
  },
  coldStart,
);
