import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { query, startPostgresServer } from '../../../../support/postgres-server.ts';
import { newDatabase } from '../../../../support/postgres-servers.ts';
import { identifier, judged, postgresDump, restoredInto, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** A server of this file's own: pg_dump begins in no other encoding than the database's beside such roles. */
let server: Awaited<ReturnType<typeof startPostgresServer>>;
beforeAll(async () => {
  server = await startPostgresServer(18);
}, coldStart);
afterAll(() => server[Symbol.asyncDispose]());

async function encodedDatabase(encoding: string): Promise<string> {
  return newDatabase(server, undefined, `ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C'`);
}

/** Makes a role whose name, comment and setting are in the encoding of one database; all databases share them. */
async function foreignRole(encoding: string, word: string): Promise<{ name: string; oid: string }> {
  const name = `${word} ${randomBytes(4).toString('hex')}`;
  const database = await encodedDatabase(encoding);
  const [sql, environment] = [identifier(name), { PGCLIENTENCODING: 'UTF8' }];
  const making = `CREATE ROLE ${sql}; COMMENT ON ROLE ${sql} IS '${word}\\'; ALTER ROLE ${sql} SET my.word TO '${word}'`;
  const oid = await query(server, `${making}; SELECT oid FROM pg_roles WHERE rolname = '${name}'`, { database, environment });
  onTestFinished(() => query(server, `DROP ROLE ${sql}`, { database, environment }).then(() => undefined));
  return { name, oid };
}

it('roles whose names were written in other encodings cost a database neither its backup nor a restore into it', { timeout: coldStart }, async () => {
  // their bytes are none in EUC_JP; those of Á in UTF-8 are none in WIN1252
  const [latin, unicode] = [await foreignRole('LATIN1', 'rów'), await foreignRole('UTF8', 'Ánimo')];
  for (const encoding of ['EUC_JP', 'WIN1252', 'LATIN1', 'UTF8', 'SQL_ASCII']) {
    const database = await encodedDatabase(encoding);
    await query(server, "CREATE TABLE t (id int); INSERT INTO t VALUES (1); COMMENT ON TABLE t IS 'plain'", { database });
    const dump = await postgresDump(urlOf(server, database));
    const roles = dump.scan.source?.globals?.roles ?? [];
    expect(roles, encoding).toContainEqual(expect.objectContaining({ name: latin.name, comment: 'rów\\' }));
    expect(roles, encoding).toContainEqual(expect.objectContaining({ name: unicode.name, comment: 'Ánimo\\' }));
    expect(await judged(dump), encoding).toMatchObject({ verdict: 'proven', differences: [], flaws: [], unproven: [] });
    expect(await restoredInto(server, dump, { database: await encodedDatabase(encoding) }), encoding).toMatchObject({ rows: 1, notes: [] });
  }
});

it.each(['EUC_JP', 'UTF8'])('a table of such a role in %s is in the backup, and comes back with its rows', { timeout: coldStart }, async (encoding) => {
  const database = await encodedDatabase(encoding);
  const owner = await foreignRole('LATIN1', 'rów');
  // no statement in this encoding can name it
  const give = `DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE t OWNER TO %I; GRANT SELECT ON u TO %I', rolname, rolname) FROM pg_roles WHERE oid = ${owner.oid}); END $$`;
  await query(server, `CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE u (id int); INSERT INTO u VALUES (2); ${give}`, { database });
  onTestFinished(() => query(server, 'DROP TABLE t, u', { database }).then(() => undefined));
  const dump = await postgresDump(urlOf(server, database));
  expect(dump.scan.source?.roles).toContain(owner.name);
  expect(dump.scan.source?.definitions?.GRANT).toHaveProperty(['TABLE public.u']);
  expect(dump.scan.warnings).toEqual([]);
  // no statement of a dump can name this role, so the grant does not come back
  expect(await judged(dump)).toMatchObject({
    verdict: 'partial',
    differences: [],
    flaws: [],
    unproven: ['GRANT TABLE public.u of the source did not come back'],
  });
  expect(await restoredInto(server, dump, { withoutOwners: true, database: await encodedDatabase(encoding) })).toMatchObject({ rows: 2 });
});

// the server converts the first to UTF-8, and the second to nothing
it.each([
  ['EUC_TW', 'c4a1'],
  ['MULE_INTERNAL', '81e9'],
])('a database in %s, which Node cannot decode, is proven and restored, whatever its names', { timeout: coldStart }, async (encoding, letter) => {
  const database = await encodedDatabase(encoding);
  const word = `convert_from('\\x${letter}'::bytea, '${encoding}')`;
  const making = `format('CREATE SCHEMA %1$I; CREATE TABLE %1$I.%1$I (%1$I text DEFAULT %1$L); INSERT INTO %1$I.%1$I VALUES (%1$L); COMMENT ON TABLE %1$I.%1$I IS %1$L; CREATE SEQUENCE %1$I.s', ${word})`;
  await query(server, `DO $$ BEGIN EXECUTE ${making}; END $$`, { database });
  const dump = await postgresDump(urlOf(server, database));
  expect(dump.bytes.includes(Buffer.from(letter, 'hex'))).toBe(true);
  expect(dump.scan.tables).toEqual([expect.objectContaining({ rows: 1 })]);
  expect(Object.keys(dump.scan.source?.definitions?.TABLE ?? {})).toEqual(dump.scan.tables.map(({ name }) => name));
  expect(await judged(dump)).toMatchObject({ verdict: 'proven', differences: [], flaws: [], unproven: [] });
  const copy = await encodedDatabase(encoding);
  expect(await restoredInto(server, dump, { database: copy })).toMatchObject({ rows: 1, notes: [] });
  const there = await postgresDump(urlOf(server, copy));
  expect(there.scan.tables).toEqual(dump.scan.tables);
});

it('a restore into another encoding, beside a role whose name the source could not hold, compares numbers of rows and says so', {
  timeout: coldStart,
}, async () => {
  const database = await encodedDatabase('LATIN1');
  await query(
    server,
    "CREATE TABLE t (a text); INSERT INTO t VALUES (chr(233)), ('b'); CREATE TABLE parent (id int); CREATE TABLE child () INHERITS (parent); INSERT INTO child VALUES (1)",
    {
      database,
    },
  );
  const dump = await postgresDump(urlOf(server, database));
  await foreignRole('LATIN1', 'rów');
  const copy = await encodedDatabase('UTF8');
  const { rows, notes } = await restoredInto(server, dump, { database: copy });
  expect({ rows, notes }).toEqual({
    rows: 3,
    notes: [expect.stringMatching(/^the contents were compared by the numbers of rows alone, .*invalid byte sequence/)],
  });
  expect(await query(server, "SELECT count(*) FROM t WHERE a = U&'\\00e9'", { database: copy })).toBe('1');
  const fewer = { ...dump, scan: { ...dump.scan, tables: dump.scan.tables.map((table) => ({ ...table, rows: table.rows + 1 })) } };
  await expect(restoredInto(server, fewer, { database: await encodedDatabase('UTF8') })).rejects.toThrow(
    /public\.child has 1 rows instead of 2; .*public\.t has 2 rows instead of 3/,
  );
});
