import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { parseConfig } from '../../../../../core/config/config.ts';
import type { Scan } from '../../../../../core/documents/scan.ts';
import { isBehind } from '../../../../../core/documents/source-identity.ts';
import { searchPathOf } from '../../../../../core/engines/postgres/dump/database-settings.ts';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { sumsOf } from '../../../../../core/engines/postgres/script/row-sums.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { judged, newRole, postgresDump, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';
import { gathered, streamOf } from '../../../../support/streams.ts';

async function dumpedBy(url: string): Promise<{ bytes: Buffer; scan: Scan }> {
  const { main } = parseConfig({ databases: { main: { engine: 'postgres', connection: { url } } } }, 'the test').databases;
  if (!main) throw new Error('no database is configured');
  await using dumping = await postgresEngine.dump(main, testWork());
  const bytes = await gathered(dumping.bytes);
  return { bytes, scan: dumping.scan() };
}

it('a dump is in the encoding of its database, whatever encoding the database or the role asks of clients', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server, `settings_${randomBytes(4).toString('hex')}`);
  await query(server, "CREATE TABLE t (a text); INSERT INTO t VALUES ('é 漢 𝄞')", { database });
  const url = `postgres://${server.user}:${server.password}@${server.host}:${server.port}/${database}`;
  const withoutKey = (dump: Buffer) => dump.toString().replaceAll(/^\\(un)?restrict .*$/gm, '');
  const before = withoutKey((await dumpedBy(url)).bytes);
  expect(before).toContain('\né 漢 𝄞\n');
  await query(server, `ALTER DATABASE ${database} SET client_encoding = 'LATIN1'; ALTER DATABASE ${database} SET standard_conforming_strings = off`);
  expect(withoutKey((await dumpedBy(url)).bytes)).toBe(before);
});

it('the end of the password that reads the source is in the scan, if it has one', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const dumpedAs = async (validity: string) => {
    const user = await newRole(server, { options: `IN ROLE pg_read_all_data PASSWORD 'secret' ${validity}` });
    return (await dumpedBy(`postgres://${user}:secret@${server.host}:${server.port}/${database}`)).scan.passwordEnds;
  };
  expect(await dumpedAs("VALID UNTIL '2031-05-01 12:00:00+02'")).toBe('2031-05-01T10:00:00Z');
  expect([await dumpedAs(''), await dumpedAs("VALID UNTIL 'infinity'")]).toEqual([undefined, undefined]);
});

it.each([
  ['LATIN1', ['é', 'è', 'ÿ']],
  ['LATIN9', ['€', 'œ']],
  ['WIN1251', ['ж', 'я']],
  ['EUC_JP', ['漢', '字']],
  ['UTF8', ['é', '𝄞']],
])('tables and sequences of a database in %s have their names in the scan', { timeout: coldStart }, async (encoding, names) => {
  const server = await postgresServer(18);
  const database = await newDatabase(server, undefined, `ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C'`);
  const sql = names.map((name) => `CREATE TABLE "${name}" (a text); INSERT INTO "${name}" VALUES ('${name}'); CREATE SEQUENCE "s ${name}";`).join('\n');
  await query(server, sql, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  const { bytes, scan } = await dumpedBy(`postgres://${server.user}:${server.password}@${server.host}:${server.port}/${database}`);
  const tables = names.map((name) => `public."${name}"`).sort();
  expect(scan.tables.map(({ name, rows }) => [name, rows]).sort()).toEqual(tables.map((name) => [name, 1]));
  expect(scan.sequences?.map(({ name }) => name).sort()).toEqual(names.map((name) => `public."s ${name}"`).sort());
  expect([...(await sumsOf(streamOf([bytes]), tables)).keys()].sort()).toEqual(tables);
});

it.each([
  ['evil, public, pg_catalog', '"evil", "public"'],
  ['"$user", public', '"public"'],
  ['app, "odd "" name", public', '"app", "odd "" name", "public"'],
])("statements that need the search path %s are tried with schemas of users alone, behind the system's", (path, expected) => {
  expect(searchPathOf({ source: { encoding: 'UTF8', collation: 'C', roles: [], extensions: [], settings: [`search_path=${path}`] } })).toBe(expected);
});

it('a database is known by its server and its name, by a user who may read it too', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const identityFor = async (user: string, password: string) => {
    const { main } = parseConfig(
      { databases: { main: { engine: 'postgres', connection: { url: `postgres://${user}:${password}@${server.host}:${server.port}/${database}` } } } },
      'the test',
    ).databases;
    await using dumping = main && (await postgresEngine.dump(main, testWork()));
    return dumping?.identity;
  };
  const user = await newRole(server, { options: `IN ROLE pg_read_all_data PASSWORD 'secret'` });
  const known = await identityFor(user, 'secret');
  expect(known?.mark).toMatch(new RegExp(`^system identifier \\d{19}, database ${database}$`));
  await query(server, `DROP DATABASE ${database}`);
  await query(server, `CREATE DATABASE ${database} TEMPLATE template0`);
  await query(server, 'CHECKPOINT');
  const later = await identityFor(server.user, server.password);
  expect(later?.mark).toBe(known?.mark);
  expect([isBehind(known ?? { mark: '' }, later ?? { mark: '' }), isBehind(later ?? { mark: '' }, known ?? { mark: '' })]).toEqual([true, false]);
  await query(server, 'REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC', { database });
  expect(await identityFor(user, 'secret')).toBeUndefined();
});

it('a role as which every session is to act keeps nobody from a backup who may read all', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const limited = await newRole(server);
  await query(server, 'CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); CREATE TABLE u (a int)', { database });
  const [member, outsider] = await Promise.all(
    [`IN ROLE pg_read_all_data, ${limited} PASSWORD 'p'`, `IN ROLE ${limited} PASSWORD 'p'`].map((options) => newRole(server, { options })),
  );
  await query(server, `ALTER DATABASE ${database} SET role = ${limited}`);
  for (const who of [{}, { user: member, password: 'p' }] as { user?: string; password?: string }[]) {
    const { verdict, unproven } = await judged(await postgresDump(urlOf(server, database, who)));
    expect({ verdict, unproven }, who.user).toEqual({ verdict: 'proven', unproven: [] });
  }
  await expect(postgresDump(urlOf(server, database, { ...(outsider && { user: outsider }), password: 'p' }))).rejects.toMatchObject({
    name: 'AccessDeniedError',
  });
  // a role may also be what gives the right to read
  const giver = await newRole(server, { options: 'IN ROLE pg_read_all_data' });
  const borrowing = await newRole(server, { options: `NOINHERIT IN ROLE ${giver} PASSWORD 'p'` });
  await query(server, `ALTER DATABASE ${database} SET role = ${giver}`);
  expect((await judged(await postgresDump(urlOf(server, database, { user: borrowing, password: 'p' })))).verdict).toBe('proven');
});
