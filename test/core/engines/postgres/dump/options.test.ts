import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../../../../core/config/config.ts';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import type { Selection } from '../../../../../core/engines/postgres/selection.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { query, type ServerAddress } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { type Dumped, identifier, newRole, postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

type Option = Selection['options'][number];

/** What the option leaves out, and how a dump without it shows that. */
const made: Record<Option, { sql: string; shown: RegExp }> = {
  // leaves out nothing but the partition that a row belongs into
  '--load-via-partition-root': {
    sql: 'CREATE TABLE parts (n integer) PARTITION BY LIST (n); CREATE TABLE part PARTITION OF parts DEFAULT; INSERT INTO parts VALUES (1)',
    shown: /^COPY public\.part /m,
  },
  '--no-comments': { sql: "COMMENT ON TABLE t IS 'remark'", shown: /^COMMENT ON TABLE /m },
  '--no-owner': { sql: 'ALTER TABLE t OWNER TO :role', shown: /^ALTER TABLE public\.t OWNER TO role_/m },
  '--no-privileges': { sql: 'GRANT SELECT ON t TO :role; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO :role', shown: /^GRANT /m },
  '--no-publications': { sql: 'CREATE PUBLICATION p FOR TABLE t', shown: /^CREATE PUBLICATION /m },
  // no provider can be loaded here; such a dump restores only without its labels
  '--no-security-labels': {
    sql: "SET allow_system_table_mods = on; INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 0, 'nobody', 'secret')",
    shown: /^SECURITY LABEL /m,
  },
  '--no-subscriptions': {
    sql: "CREATE SUBSCRIPTION :subscription CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    shown: /^CREATE SUBSCRIPTION /m,
  },
  '--no-table-access-method': { sql: 'CREATE TABLE another ()', shown: /^SET default_table_access_method = /m },
  // the scratch server has no such tablespace
  '--no-tablespaces': { sql: 'ALTER TABLE t SET TABLESPACE :tablespace', shown: /^SET default_tablespace = space_/m },
  '--no-toast-compression': { sql: 'ALTER TABLE t ALTER body SET COMPRESSION pglz', shown: / SET COMPRESSION pglz;$/m },
  '--no-unlogged-table-data': {
    sql: "CREATE UNLOGGED TABLE u (id serial, line text); INSERT INTO u (line) VALUES ('not to be kept'); CREATE UNLOGGED SEQUENCE s; SELECT nextval('s')",
    shown: /not to be kept/,
  },
};

async function prepared(server: ServerAddress, options: Option[]): Promise<string> {
  const random = randomBytes(4).toString('hex');
  const [subscription, tablespace] = [`subscription_${random}`, `space_${random}`];
  if (options.includes('--no-tablespaces')) {
    await query(server, `SET allow_in_place_tablespaces = on; CREATE TABLESPACE ${tablespace} LOCATION ''`);
    onTestFinished(() => query(server, `DROP TABLESPACE ${tablespace}`).then(() => undefined));
  }
  const role = identifier(await newRole(server));
  const database = await newDatabase(server);
  if (options.includes('--no-subscriptions')) onTestFinished(() => query(server, `DROP SUBSCRIPTION ${subscription}`, { database }).then(() => undefined));
  const statements = options.map((option) =>
    made[option].sql.replaceAll(':role', role).replace(':subscription', subscription).replace(':tablespace', tablespace),
  );
  await query(server, `CREATE TABLE t (id integer, body text); INSERT INTO t VALUES (1, 'kept'), (2, 'kept'); ${statements.join('; ')}`, { database });
  return database;
}

const options = Object.keys(made) as Option[];

it('every option that is allowed is tried here', () => {
  const url = 'postgres://h/d';
  expect(() => parseConfig({ databases: { main: { engine: 'postgres', connection: { url }, options: ['--else'] } } }, 'it')).toThrow(
    `allowed are ${options.join(', ')}`,
  );
});

it('each option leaves out what it says, and nothing of what the others leave out', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const url = urlOf(server, await prepared(server, options));
  const shown = (text: string) => options.filter((option) => made[option].shown.test(text));
  expect(shown((await postgresDump(url)).bytes.toString())).toEqual(options);
  for (const option of options) {
    const { bytes } = await postgresDump(url, testWork(), { options: [option] });
    expect(shown(bytes.toString()), option).toEqual(options.filter((other) => other !== option));
  }
});

it.each([15, 18] as const)('all together they leave that out on PostgreSQL %i; the rest is proven and restored', { timeout: coldStart }, async (version) => {
  const server = await postgresServer(version);
  const database = await prepared(server, options);
  const dumped = await postgresDump(urlOf(server, database), testWork(), { options });
  for (const option of options) expect(dumped.bytes.toString()).not.toMatch(made[option].shown);
  expect(dumped.scan.tables).toContainEqual(expect.objectContaining({ name: 'public.t', rows: 2 }));
  expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [] });
  const copy = await newDatabase(server);
  const target = { into: urlOf(server, copy), force: false, now: new Date() };
  expect(await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, target, testWork())).toMatchObject({ notes: [] });
  expect(await query(server, 'SELECT id, body FROM t ORDER BY id', { database: copy })).toBe('1|kept\n2|kept');
});

it(
  'a database that names roles only in owners and grants needs none when both are left out',
  async () => {
    const server = await postgresServer(18);
    const database = await prepared(server, ['--no-owner', '--no-privileges']);
    const both = await postgresDump(urlOf(server, database), testWork(), { options: ['--no-owner', '--no-privileges'] });
    expect(both.scan.source).toMatchObject({ roles: [], owners: [] });
    const grants = await postgresDump(urlOf(server, database), testWork(), { options: ['--no-owner'] });
    expect(grants.scan.source?.roles.some((role) => role.startsWith('role_'))).toBe(true);
  },
  coldStart,
);

it(
  'tables whose rows are excluded, and schemas that are not included, are proven and restored without them',
  async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(
      server,
      `CREATE SCHEMA app; CREATE SCHEMA other; CREATE TABLE app.t (id integer); INSERT INTO app.t VALUES (1); CREATE TABLE app.log (line text); INSERT INTO app.log VALUES ('x');
      CREATE TABLE other.t (id integer)`,
      { database },
    );
    const choices: Partial<Selection> = { include: { schemas: ['app'], tables: [] }, exclude: { schemas: [], tables: [], rows: ['app.log'] } };
    const dumped = await postgresDump(urlOf(server, database), testWork(), choices);
    expect(dumped.scan.tables.map(({ name }) => name)).toEqual(['app.t']);
    expect(dumped.scan.source?.size).toBeUndefined();
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [] });
    const copy = await newDatabase(server);
    await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: urlOf(server, copy), force: false, now: new Date() }, testWork());
    expect(await query(server, 'SELECT (SELECT count(*) FROM app.t), (SELECT count(*) FROM app.log)', { database: copy })).toBe('1|0');
  },
  coldStart,
);

it(
  'tables that need an extension, which pg_dump leaves out of a chosen schema, are restored where it is made first; a note says so',
  async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    const sql = `CREATE SCHEMA app; CREATE EXTENSION hstore SCHEMA app; CREATE EXTENSION citext; CREATE TABLE app.t (pairs app.hstore, name public.citext); INSERT INTO app.t VALUES ('a=>1', 'Ada')`;
    await query(server, sql, { database });
    const dumped = await postgresDump(urlOf(server, database), testWork(), { include: { schemas: ['app'], tables: [] } });
    expect(dumped.bytes.toString()).not.toContain('CREATE EXTENSION');
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [] });
    const copy = await newDatabase(server);
    const { notes } = await postgresEngine.restore(
      () => piece(dumped.bytes),
      dumped.scan,
      { into: urlOf(server, copy), force: false, now: new Date() },
      testWork(),
    );
    expect(notes).toEqual([expect.stringContaining('the extension hstore was made'), expect.stringContaining('the extension citext was made')]);
    expect(await query(server, "SELECT pairs OPERATOR(app.->) 'a', name FROM app.t", { database: copy })).toBe('1|Ada');
  },
  coldStart,
);

describe('single tables of schemas that are not themselves dumped', () => {
  const choices: Partial<Selection> = { include: { schemas: [], tables: ['"my ""App".t', 'shown.v'] } };

  let made: Promise<Dumped> | undefined;
  const tablesOf = (server: ServerAddress) => {
    made ??= dumpOfTables(server);
    return made;
  };

  async function dumpOfTables(server: ServerAddress): Promise<Dumped> {
    const database = await newDatabase(server);
    const sql = `CREATE SCHEMA "my ""App"; CREATE SCHEMA shown; CREATE SCHEMA other; CREATE TABLE "my ""App".t (id integer); INSERT INTO "my ""App".t VALUES (1), (2);
      CREATE VIEW shown.v AS SELECT * FROM "my ""App".t; CREATE TABLE other.t (id integer)`;
    await query(server, sql, { database });
    return await postgresDump(urlOf(server, database), testWork(), choices);
  }
  const restored = ({ bytes, scan }: Dumped, into: string) =>
    postgresEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date() }, testWork());

  it('are proven, and restored where the schemas are made first; a note says so', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const dumped = await tablesOf(server);
    expect(dumped.bytes.toString()).not.toContain('CREATE SCHEMA');
    expect(dumped.scan.source?.schemas?.toSorted()).toEqual(['my "App', 'shown']);
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [], notes: [] });
    const copy = await newDatabase(server);
    const { notes } = await restored(dumped, urlOf(server, copy));
    expect(notes.toSorted()).toEqual([expect.stringMatching(/^the schema my "App was made/), expect.stringMatching(/^the schema shown was made/)]);
    expect(await query(server, 'SELECT count(*) FROM shown.v', { database: copy })).toBe('2');
  });

  it('are restored where the schemas are there', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const dumped = await tablesOf(server);
    const copy = await newDatabase(server);
    await query(server, 'CREATE SCHEMA "my ""App"; CREATE SCHEMA shown', { database: copy });
    expect(await restored(dumped, urlOf(server, copy))).toMatchObject({ tables: 1, rows: 2, notes: [] });
  });

  it('are refused to a user who may not make the schemas', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const user = await newRole(server, { options: "PASSWORD 'p'" });
    const dumped = await tablesOf(server);
    const copy = await newDatabase(server);
    await query(server, `GRANT CREATE ON SCHEMA public TO ${identifier(user)}`, { database: copy });
    const into = urlOf(server, copy, { user, password: 'p' });
    await expect(restored(dumped, into)).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining(`${user} may not make schemas`) });
  });

  it('cannot be chosen beside schemas, which pg_dump would leave out', () => {
    const database = { engine: 'postgres', connection: { url: 'postgres://h/d' }, include: { schemas: ['app'], tables: ['other.t'] } };
    expect(() => parseConfig({ databases: { main: database } }, 'it')).toThrow(/databases\.main\.include: .*write schemas or tables/);
  });
});

describe('an option that is not allowed is refused, with the reason and what is allowed', () => {
  it.each([
    ['--enable-row-security', 'would leave out the rows that this user may not see'],
    ['--inserts', 'neither counted nor compared'],
    ['--column-inserts', 'neither counted nor compared'],
    ['--rows-per-insert=100', 'neither counted nor compared'],
    ['--extra-float-digits=0', 'could lose digits'],
    ['--data-only', 'would leave out what a restore needs'],
    ['--schema-only', 'would leave out what a restore needs'],
    ['-s', 'would leave out what a restore needs'],
    ['--exclude-table=x', 'write include and exclude'],
    ['--no-large-objects', 'write include and exclude'],
    ['--format=custom', 'one stream of plain SQL'],
    ['--file=/tmp/x', 'one stream of plain SQL'],
    ['--dbname=x', 'belongs into connection.url'],
    ['--encoding=LATIN1', 'is set by Sauvegarde'],
    ['--clean', 'allowed are --load-via-partition-root'],
    ['', 'allowed are --load-via-partition-root'],
    [7, 'allowed are --load-via-partition-root'],
    ['--no-comments ', 'allowed are --load-via-partition-root'],
  ])('%j', (option, words) => {
    const config = { databases: { main: { engine: 'postgres', connection: { url: 'postgres://h/d' }, options: ['--no-owner', option] } } };
    const parse = () => parseConfig(config, 'it');
    expect(parse).toThrow(`databases.main.options.1: ${JSON.stringify(option)} was given; `);
    expect(parse).toThrow(words);
    expect(parse).toThrow('--no-unlogged-table-data');
  });
});
