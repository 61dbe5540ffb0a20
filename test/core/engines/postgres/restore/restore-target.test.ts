import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RestoreTarget } from '../../../../../core/engines/engine.ts';
import { postgresCard } from '../../../../../core/engines/postgres/card.ts';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { piece, testWork } from '../../../../support/engine-work.ts';
import { query, type ServerAddress, startPostgresServer } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { type Dumped, identifier, newRole, postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';
import { canMount, smallDisk } from '../../../../support/small-disk.ts';
import { giveAway } from '../../../../support/unprivileged.ts';

/** Roles are made, and given to others, in another way since 16. `round-trip.test.ts` restores into every version. */
const bothKinds = [15, 18] as const;
const objects = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
const password = 'p';
const newUser = (server: ServerAddress) => newRole(server, { options: `PASSWORD '${password}'` });

async function dumpOf(server: ServerAddress, sql: string): Promise<Dumped> {
  const database = await newDatabase(server);
  await query(server, sql, { database });
  return postgresDump(urlOf(server, database));
}

/** A new database that belongs to the user. */
async function databaseOf(server: ServerAddress, user: string): Promise<string> {
  const database = await newDatabase(server);
  await query(server, `ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(user)}`);
  return database;
}

const restored = ({ bytes, scan }: Dumped, into: string, choices: Partial<RestoreTarget> = {}, work = testWork()) =>
  postgresEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date(), ...choices }, work);

describe.each(bothKinds)('an ordinary user on PostgreSQL %i', (version) => {
  it(
    'restores into a database of their own what others owned, without owners and grants, once the extension that takes a superuser is there, of which they are told beforehand',
    async () => {
      const server = await postgresServer(version);
      const [owner, reader, user] = [await newRole(server), await newRole(server), await newUser(server)];
      const dumped = await dumpOf(
        server,
        `CREATE SCHEMA app; CREATE SCHEMA ext; CREATE EXTENSION hstore; CREATE EXTENSION citext SCHEMA ext; COMMENT ON EXTENSION hstore IS 'pairs';
        CREATE SCHEMA linked; CREATE EXTENSION dblink SCHEMA linked; COMMENT ON EXTENSION dblink IS 'mine';
        CREATE TABLE app.person (id serial PRIMARY KEY, name ext.citext, more hstore); INSERT INTO app.person (name, more) SELECT 'n' || n, 'a=>1' FROM generate_series(1, 100) n;
        CREATE VIEW young AS SELECT * FROM app.person; CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM app.person;
        ALTER TABLE app.person OWNER TO ${identifier(owner)}; GRANT SELECT ON app.person TO ${identifier(reader)}; REVOKE ALL ON FUNCTION one() FROM PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(owner)} GRANT SELECT ON TABLES TO ${identifier(reader)};`,
      );
      const database = await databaseOf(server, user);
      const into = urlOf(server, database, { user, password });
      await expect(restored(dumped, into)).rejects.toMatchObject({
        name: 'RefusedError',
        message: expect.stringMatching(new RegExp(`${user} may not give objects to .*${owner}.*--no-owner`)),
      });
      const refused = await restored(dumped, into, { withoutOwners: true }).catch((error: Error) => error);
      expect(refused).toMatchObject({
        name: 'RefusedError',
        message: expect.stringContaining(`${user} may not make the extension dblink; have a superuser make it`),
      });
      expect(await query(server, "SELECT count(*) FROM pg_namespace WHERE nspname IN ('app', 'ext', 'linked')", { database })).toBe('0');
      const statements = /CREATE SCHEMA IF NOT EXISTS .*;/.exec((refused as Error).message)?.[0] ?? 'none';
      await query(server, statements, { database });
      // a schema of a superuser's needs no comment to be restored
      expect(await restored(dumped, into, { withoutOwners: true })).toMatchObject({ rows: 100, notes: [] });
      const owners =
        "SELECT string_agg(DISTINCT relowner::regrole::text, ',') FROM pg_class WHERE relnamespace IN ('app'::regnamespace, 'public'::regnamespace)";
      expect(await query(server, owners, { database })).toBe(user);
    },
    coldStart,
  );

  it(
    'restores what they owned with its owner and grants',
    async () => {
      const server = await postgresServer(version);
      const [reader, user] = [await newRole(server), await newUser(server)];
      const source = await databaseOf(server, user);
      const sql = `CREATE SCHEMA app; CREATE TABLE app.t (id integer); INSERT INTO app.t VALUES (1); GRANT SELECT ON app.t TO ${identifier(reader)}`;
      await query(server, sql, { database: source, environment: { PGUSER: user, PGPASSWORD: password } });
      const dumped = await postgresDump(urlOf(server, source, { user, password }));
      const database = await databaseOf(server, user);
      expect(await restored(dumped, urlOf(server, database, { user, password }))).toMatchObject({ rows: 1, notes: [] });
      expect(
        await query(server, `SELECT has_table_privilege('${reader}', 'app.t', 'SELECT'), relowner::regrole FROM pg_class WHERE oid = 'app.t'::regclass`, {
          database,
        }),
      ).toBe(`t|${user}`);
    },
    coldStart,
  );
});

describe('a user', () => {
  const sql = 'CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f()';
  let made: Promise<Dumped> | undefined;
  const withEventTrigger = async () => {
    made ??= dumpOf(await postgresServer(18), sql);
    return await made;
  };

  it('who may not make anything in the target is told before anything is tried', async () => {
    const server = await postgresServer(18);
    const user = await newUser(server);
    const dumped = await withEventTrigger();
    const into = urlOf(server, await newDatabase(server), { user, password });
    await expect(restored(dumped, into, { withoutOwners: true })).rejects.toMatchObject({
      name: 'RefusedError',
      message: expect.stringMatching(/may not make anything in the target; make that role its owner/),
    });
  });

  it('who lacks a right that only the restore finds out is told what to do', async () => {
    const server = await postgresServer(18);
    const user = await newUser(server);
    const dumped = await withEventTrigger();
    const database = await databaseOf(server, user);
    await expect(restored(dumped, urlOf(server, database, { user, password }), { withoutOwners: true })).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringMatching(/permission denied to create event trigger.*restore as one/),
    });
    expect(await query(server, "SELECT count(*) FROM pg_proc WHERE proname = 'f'", { database })).toBe('0');
  });
});

describe('roles that are missing', () => {
  const gone = `gone_${randomBytes(4).toString('hex')}`;
  const source = async (server: ServerAddress, sql: string): Promise<Dumped> => {
    await query(server, `CREATE ROLE ${gone}`);
    const database = await newDatabase(server);
    const drop = async () => {
      await query(server, `DROP OWNED BY ${gone}`, { database });
      await query(server, `DROP ROLE ${gone}`);
    };
    await query(server, sql.replaceAll(':gone', gone), { database });
    const dumped = await postgresDump(urlOf(server, database));
    await drop();
    return dumped;
  };

  it('are refused, and not when they are left out; policies need them, with owners or without', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const owned = await source(server, 'CREATE TABLE t (id integer); ALTER TABLE t OWNER TO :gone; CREATE TABLE u (id integer); GRANT SELECT ON u TO :gone');
    const granted = await source(server, 'CREATE TABLE t (id integer); GRANT SELECT ON t TO :gone');
    const into = async () => urlOf(server, await newDatabase(server));
    for (const dumped of [owned, granted])
      await expect(restored(dumped, await into())).rejects.toMatchObject({
        name: 'RefusedError',
        message: expect.stringMatching(new RegExp(`no role ${gone};.*--no-owner`)),
      });
    expect(await restored(owned, await into(), { withoutOwners: true })).toMatchObject({ tables: 2 });
    expect(await restored(granted, await into(), { withoutPrivileges: true })).toMatchObject({ tables: 1 });
    const guarded = await source(server, 'CREATE TABLE t (id integer); CREATE POLICY p ON t TO :gone USING (true)');
    const refused = await restored(guarded, await into(), { withoutOwners: true }).catch((error: Error) => error);
    expect(refused).toMatchObject({ message: expect.stringContaining(`no role ${gone}; make them first (CREATE ROLE …, or --with-roles)`) });
    expect(refused).not.toMatchObject({ message: expect.stringContaining('--no-owner') });
  });
});

describe.each(bothKinds)('with the roles of the backup, on PostgreSQL %i', (version) => {
  const names = ['Owner "O\'Neil" %s :x', 'reader'].map((name) => `${name} ${randomBytes(4).toString('hex')}`) as [string, string];
  const [owner, reader] = names.map(identifier) as [string, string];
  const rolesOf = (server: ServerAddress) =>
    query(
      server,
      `SELECT json_agg(r ORDER BY rolname) FROM (SELECT rolname, rolsuper, rolinherit, rolcreatedb, rolcanlogin, rolconnlimit, rolvaliduntil, shobj_description(oid, 'pg_authid'),
        (SELECT json_agg(json_build_array(a.roleid::regrole, a.admin_option) ORDER BY a.roleid::regrole::text) FROM pg_auth_members a WHERE a.member = r.oid),
        (SELECT json_agg(setting ORDER BY setting) FROM pg_db_role_setting s, unnest(s.setconfig) AS setting WHERE s.setrole = r.oid)
        FROM pg_roles r WHERE rolname IN (${names.map((name) => `'${name.replaceAll("'", "''")}'`)})) r`,
    );

  /** A backup with owners, grantees and their attributes; the roles are gone. Other tests' roles are left out of it. */
  async function makeSource(server: ServerAddress): Promise<{ dumped: Dumped; said: string }> {
    const database = await newDatabase(server);
    await query(
      server,
      `CREATE ROLE ${owner} LOGIN CREATEDB NOINHERIT CONNECTION LIMIT 3 PASSWORD 'Secret' VALID UNTIL '2031-01-02 03:04:05+00'; COMMENT ON ROLE ${owner} IS 'it''s $$';
        CREATE ROLE ${reader} SUPERUSER; GRANT ${reader} TO ${owner} WITH ADMIN OPTION; GRANT pg_read_all_data TO ${owner};
        ALTER ROLE ${owner} SET search_path TO "$user", 'a, b', public; ALTER ROLE ${owner} SET my.setting TO 'it''s'; ALTER ROLE ${reader} IN DATABASE ${identifier(database)} SET work_mem TO '5MB';
        CREATE TABLE t (id integer); INSERT INTO t VALUES (1); ALTER TABLE t OWNER TO ${owner}; GRANT SELECT ON t TO ${reader}`,
      { database },
    );
    const said = await rolesOf(server);
    const { bytes, scan } = await postgresDump(urlOf(server, database));
    await query(server, `DROP OWNED BY ${owner}, ${reader}; DROP ROLE ${owner}, ${reader}`, { database });
    const globals = scan.source?.globals;
    if (!scan.source || !globals) throw new Error('the scan has no roles');
    expect(JSON.stringify(scan)).not.toContain('Secret');
    const ours = {
      roles: globals.roles.filter(({ name }) => names.includes(name)),
      memberships: globals.memberships.filter(({ member }) => names.includes(member)),
      settings: globals.settings.filter(({ role }) => names.includes(role)),
    };
    return { dumped: { bytes, scan: { ...scan, source: { ...scan.source, globals: ours } } }, said };
  }

  let made: ReturnType<typeof makeSource> | undefined;
  const source = (server: ServerAddress) => {
    made ??= makeSource(server);
    return made;
  };

  async function dropRoles(server: ServerAddress, database: string): Promise<void> {
    await query(server, `DROP OWNED BY ${owner}, ${reader}; DROP ROLE ${owner}, ${reader}`, { database });
  }

  it('makes them as they were, without passwords, proves that, and changes none that is there', { timeout: coldStart }, async () => {
    const server = await postgresServer(version);
    const { dumped, said } = await source(server);
    const inNoDump = expect.stringContaining('the setting work_mem=5MB of the role reader');
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [], notes: [inNoDump] });
    const first = await newDatabase(server);
    const { notes } = await restored(dumped, urlOf(server, first), { withRoles: true });
    expect(notes).toEqual([expect.stringMatching(/^made the roles Owner .*, without passwords/)]);
    expect(await rolesOf(server)).toBe(said);
    expect(await query(server, `SELECT count(*) FROM pg_authid WHERE rolname = '${names[0].replaceAll("'", "''")}' AND rolpassword IS NULL`)).toBe('1');
    expect(await query(server, "SELECT tableowner FROM pg_tables WHERE tablename = 't'", { database: first })).toBe(names[0]);
    await query(server, `ALTER ROLE ${owner} NOLOGIN NOCREATEDB; ALTER ROLE ${owner} RESET ALL`);
    const changed = await rolesOf(server);
    const second = await newDatabase(server);
    expect((await restored(dumped, urlOf(server, second), { withRoles: true })).notes).toEqual([expect.stringContaining('none was made or changed')]);
    expect(await rolesOf(server)).toBe(changed);
    await query(server, `DROP OWNED BY ${owner}, ${reader}`, { database: second });
    await dropRoles(server, first);
  });

  it('tells an ordinary user what could not be given, refuses one who may make none, and undoes them with the restore', { timeout: coldStart }, async () => {
    const server = await postgresServer(version);
    const user = await newUser(server);
    const { dumped } = await source(server);
    const database = await databaseOf(server, user);
    const into = urlOf(server, database, { user, password });
    await expect(restored(dumped, into, { withRoles: true })).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringContaining('CREATEROLE') });
    await query(server, `ALTER ROLE ${user} CREATEROLE; GRANT CREATE ON SCHEMA public TO PUBLIC`, { database });
    const broken = { ...dumped, bytes: Buffer.from(dumped.bytes.toString().replace('id integer', 'id nowhere.integer')) };
    await expect(restored(broken, into, { withRoles: true })).rejects.toMatchObject({ name: 'RestoreFailedError' });
    expect(await rolesOf(server)).toBe('');
    const { notes } = await restored(dumped, into, { withRoles: true });
    expect(notes).toContainEqual(expect.stringMatching(/left out: role reader /));
    expect(await query(server, "SELECT tableowner FROM pg_tables WHERE tablename = 't'", { database })).toBe(names[0]);
    await dropRoles(server, database);
  });
});

it('a backup without roles is refused --with-roles; a proof names roles, memberships and settings that cannot be made', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const { bytes, scan } = await dumpOf(server, 'CREATE TABLE t (id integer)');
  const { globals: _, ...source } = scan.source ?? { encoding: '', collation: '', roles: [], extensions: [] };
  const into = urlOf(server, await newDatabase(server));
  await expect(restored({ bytes, scan: { ...scan, source } }, into, { withRoles: true })).rejects.toThrow('the backup holds no roles');
  const globals = {
    roles: [{ name: 'some one', attributes: [], connections: -1, validUntil: null, comment: null }],
    memberships: [{ role: 'no one', member: 'some one', admin: false, inherit: true, set: true }],
    settings: [{ role: 'some one', setting: 'no_such_setting=1', inDatabase: false }],
  };
  expect(await postgresProof({ bytes, scan: { ...scan, source: { ...source, globals } } })).toMatchObject({
    flaws: [],
    unproven: [],
    notes: [
      expect.stringMatching(/left out: some one as a member of no one: .*does not exist/),
      expect.stringMatching(/left out: the setting no_such_setting of the role some one/),
    ],
  });
});

describe('a target that is not empty', () => {
  let made: Promise<Dumped> | undefined;
  const person = async () => {
    made ??= dumpOf(await postgresServer(18), "CREATE TABLE person (id integer); INSERT INTO person VALUES (1), (2); SELECT lo_from_bytea(4711, 'x')");
    return await made;
  };

  it('is shown when it is refused, and before it is restored into by force; the new tables are compared all the same', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const dumped = await person();
    const copy = await newDatabase(server);
    const many = Array.from({ length: 12 }, (_, n) => `CREATE TABLE "little ${n}" (id integer)`).join('; ');
    await query(
      server,
      `CREATE SCHEMA old; CREATE TABLE old."Large one" AS SELECT n FROM generate_series(1, 5000) n; ANALYZE; CREATE VIEW v AS SELECT 1; ${many}`,
      {
        database: copy,
      },
    );
    const into = urlOf(server, copy);
    const shown =
      /not empty: it has old\."Large one" \(about 5000 rows, \d{3} kB\), public\."little 0" \(rows not estimated, 0 kB\), .*, 3 more tables, 1 views/;
    await expect(restored(dumped, into)).rejects.toMatchObject({ name: 'RefusedError', message: expect.stringMatching(shown) });
    const said: string[] = [];
    const work = testWork({ warn: (message) => said.push(message), progress: () => said.push('restoring') });
    expect(await restored(dumped, into, { force: true }, work)).toMatchObject({ tables: 1, rows: 2, notes: [] });
    expect(said[0]).toMatch(shown);
    expect(said[1]).toBe('restoring');
  });

  it('is restored beside by force, and a table that came out other than it was backed up is an error', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const dumped = await person();
    const { bytes, scan } = dumped;
    const copy = await newDatabase(server);
    await query(server, "CREATE TABLE precious (id integer); INSERT INTO precious VALUES (9); SELECT lo_from_bytea(0, 'x')", { database: copy });
    const altered = Buffer.from(bytes.toString().replace('\n1\n2\n', '\n1\n3\n'));
    await expect(restored({ bytes: altered, scan }, urlOf(server, copy), { force: true })).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringContaining('table public.person has other contents in its 2 rows'),
    });
    await query(server, 'DROP TABLE person; SELECT lo_unlink(4711)', { database: copy });
    expect(await restored(dumped, urlOf(server, copy), { force: true })).toMatchObject({ rows: 2, notes: [expect.stringContaining('large objects')] });
    await expect(restored(dumped, urlOf(server, copy), { force: true })).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringMatching(/undone: .*already exists.*remove there what is to be restored/),
    });
    expect(await query(server, 'SELECT id FROM precious', { database: copy })).toBe('9');
  });

  it.each([
    ['only functions', 'CREATE FUNCTION f() RETURNS integer LANGUAGE sql RETURN 1'],
    ['only types', "CREATE TYPE mood AS ENUM ('ok')"],
    ['only large objects', "SELECT lo_from_bytea(0, 'x')"],
  ])('has %s', { timeout: coldStart }, async (_, sql) => {
    const server = await postgresServer(18);
    const copy = await newDatabase(server);
    await query(server, sql, { database: copy });
    await expect(restored(await person(), urlOf(server, copy))).rejects.toThrow('the target is not empty');
  });
});

it('an extension that is there in another schema is refused; another version is noted', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const { bytes, scan } = await dumpOf(server, 'CREATE EXTENSION hstore; CREATE TABLE t (id integer)');
  const copy = await newDatabase(server);
  await query(server, 'CREATE SCHEMA elsewhere; CREATE EXTENSION hstore SCHEMA elsewhere', { database: copy });
  await expect(restored({ bytes, scan }, urlOf(server, copy))).rejects.toThrow(
    'the extension hstore in the schema elsewhere, and the backup wants it in public',
  );
  if (!scan.source) throw new Error('a scan says what its source was');
  const newer = { ...scan, source: { ...scan.source, extensions: [{ name: 'hstore', version: '99', schema: 'public' }] } };
  const { notes } = await restored({ bytes, scan: newer }, urlOf(server, await newDatabase(server)));
  expect(notes).toEqual([expect.stringMatching(/^the extension hstore is of version 1\.\d+; in the source it was 99$/)]);
});

it('a server with room for too few locks is told the setting before anything changes; without a tablespace its tables lie elsewhere', {
  timeout: coldStart,
}, async () => {
  const server = await postgresServer(18);
  const space = `Space ${randomBytes(4).toString('hex')}`;
  await query(server, `SET allow_in_place_tablespaces = on; CREATE TABLESPACE "${space}" LOCATION ''`);
  const source = await newDatabase(server);
  await query(server, `CREATE TABLE t (id integer PRIMARY KEY) TABLESPACE "${space}"; INSERT INTO t VALUES (1)`, { database: source });
  const { bytes, scan } = await postgresDump(urlOf(server, source));
  await query(server, 'DROP TABLE t', { database: source });
  await query(server, `DROP TABLESPACE "${space}"`);
  if (!scan.source) throw new Error('a scan says what its source was');
  const many = { ...scan, source: { ...scan.source, locks: 1_000_000 } };
  expect(postgresCard.needs(many)).toMatch(new RegExp(`tablespaces ${space}, max_locks_per_transaction for 1000000 locks`));
  const into = urlOf(server, await newDatabase(server));
  await expect(restored({ bytes, scan: many }, into)).rejects.toMatchObject({
    name: 'RefusedError',
    message: expect.stringMatching(/ALTER SYSTEM SET max_locks_per_transaction = \d{4,};/),
  });
  expect(await restored({ bytes, scan }, into)).toMatchObject({ rows: 1, notes: [expect.stringContaining(`no tablespace ${space}`)] });
});

it('a database in another encoding gets the same text, and is found equal', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server, undefined, "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'");
  await query(server, "CREATE TABLE t (a text); INSERT INTO t VALUES ('é')", { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  const copy = await newDatabase(server);
  expect(await restored(await postgresDump(urlOf(server, database)), urlOf(server, copy))).toMatchObject({ rows: 1, notes: [] });
  expect(await query(server, 'SELECT a FROM t', { database: copy })).toBe('é');
});

it.skipIf(!canMount())(
  'a disk of this machine on which the source would not have found room is refused, and not by force',
  { timeout: coldStart },
  async () => {
    await using server = await startPostgresServer(18);
    const disk = smallDisk(12);
    giveAway(disk);
    await query(server, `CREATE TABLESPACE small LOCATION '${disk}'`);
    // its files take 7 MB at once, not when the server writes them out
    await query(server, 'CREATE DATABASE target TABLESPACE small TEMPLATE template0 STRATEGY file_copy');
    await query(server, 'CREATE TABLE t (id integer); INSERT INTO t VALUES (1)');
    const dumped = await postgresDump(urlOf(server, 'postgres'));
    for (const host of ['127.0.0.1', server.socket]) {
      const into = urlOf(server, 'target', { host: encodeURIComponent(host) });
      await expect(restored(dumped, into)).rejects.toMatchObject({
        name: 'RefusedError',
        message: expect.stringMatching(/the source had \d+\.\d MB on its disk, and where the target lies \d\.\d MB are free\..*--force/),
      });
    }
    expect(await query(server, objects, { database: 'target' })).toBe('0');
  },
);
