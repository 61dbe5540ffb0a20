import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { piece, testWork } from '../../../support/engine-work.ts';
import { query, type ServerAddress, startPostgresServer } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import {
  altered,
  type Dumped,
  identifier,
  judged,
  mark,
  newRole,
  postgresDump,
  postgresProof,
  postgresSource,
  restored,
  restoredInto,
  urlOf,
} from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

const sample = 'CREATE TABLE public.t (id int PRIMARY KEY, name name, many bigint[]); INSERT INTO public.t VALUES (1, $$one$$, $${1}$$)';

/** Everything that looks at a database, as a superuser does it by hand or by schedule. */
async function doEverything(server: ServerAddress, database: string): Promise<Dumped> {
  const url = urlOf(server, database);
  await postgresEngine.examine(postgresSource(url), testWork());
  const dumped = await postgresDump(url);
  expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [] });
  const copy = await newDatabase(server);
  await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: urlOf(server, copy), force: false, now: new Date() }, testWork());
  // a target that is not empty is looked at all the more; it is refused
  const beside = postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: url, force: true, now: new Date() }, testWork());
  await expect(beside).rejects.toMatchObject({ name: 'RestoreFailedError' });
  return dumped;
}

const isSuperuser = (server: ServerAddress, role: string) => query(server, `SELECT rolsuper FROM pg_roles WHERE rolname = '${role}'`);

describe.each([15, 18] as const)('on PostgreSQL %i', (version) => {
  it('functions, operators and views that an ordinary user has planted, with the names of PostgreSQL’s own, are run by nothing of ours', {
    timeout: coldStart,
  }, async () => {
    const server = await postgresServer(version);
    const mallory = await newRole(server);
    const database = await newDatabase(server);
    const escalate = `IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user) THEN EXECUTE 'ALTER ROLE ${identifier(mallory)} SUPERUSER'; END IF;`;
    const body = (result: string) => `LANGUAGE plpgsql AS $f$ BEGIN ${escalate} RETURN ${result}; END $f$`;
    await query(
      server,
      `${sample}; GRANT CREATE ON SCHEMA public TO ${identifier(mallory)}; CREATE SCHEMA evil AUTHORIZATION ${identifier(mallory)}; ALTER DATABASE ${identifier(database)} SET search_path = evil, public, pg_catalog;
      SET ROLE ${identifier(mallory)};
      CREATE FUNCTION public.format(text, name, name) RETURNS text ${body("pg_catalog.quote_ident($2) || '.' || pg_catalog.quote_ident($3)")};
      CREATE FUNCTION public.json_build_array(name, name) RETURNS json ${body('pg_catalog.json_build_array($1::text, $2::text)')};
      CREATE FUNCTION public.current_setting(varchar) RETURNS text ${body('pg_catalog.current_setting($1)')};
      CREATE FUNCTION public.unequal(name, varchar) RETURNS boolean ${body('$1::text OPERATOR(pg_catalog.<>) $2::text')};
      CREATE OPERATOR public.<> (LEFTARG = name, RIGHTARG = varchar, FUNCTION = public.unequal);
      CREATE FUNCTION public.matches(name, text) RETURNS boolean ${body('$1::text OPERATOR(pg_catalog.!~) $2')};
      CREATE OPERATOR public.!~ (LEFTARG = name, RIGHTARG = text, FUNCTION = public.matches);
      CREATE FUNCTION public.is_in("char", text) RETURNS boolean ${body('$1::text OPERATOR(pg_catalog.=) $2')};
      CREATE OPERATOR public.= (LEFTARG = "char", RIGHTARG = text, FUNCTION = public.is_in);
      CREATE VIEW public.pg_class AS SELECT c.* FROM pg_catalog.pg_class c WHERE public.format('x', c.relname, c.relname) <> '';
      CREATE FUNCTION evil.current_setting(text) RETURNS text ${body('pg_catalog.current_setting($1)')}; CREATE FUNCTION evil.pg_export_snapshot() RETURNS text ${body("'x'")};
      CREATE FUNCTION evil.pg_database_size(name) RETURNS bigint ${body('1')}; CREATE FUNCTION evil.json_build_array(name, name) RETURNS json ${body("'[]'")};
      CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text ${body("''")}; CREATE FUNCTION evil.quote_ident(text) RETURNS text ${body('$1')}`,
      { database },
    );
    await doEverything(server, database);
    expect(await isSuperuser(server, mallory)).toBe('f');
  });
});

it('an event trigger of a changed dump fires on no statement of the scratch server’s superuser, though PostgreSQL 15 cannot switch it off', {
  timeout: coldStart,
}, async () => {
  const server = await postgresServer(15);
  const database = await newDatabase(server);
  await query(
    server,
    `${sample}; CREATE FUNCTION public.fired() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.t VALUES (2); END $$;
    CREATE EVENT TRIGGER fires ON ddl_command_end EXECUTE FUNCTION public.fired(); COMMENT ON EVENT TRIGGER fires IS 'last'`,
    { database },
  );
  const dumped = await postgresDump(urlOf(server, database));
  const later = altered(dumped, mark, `REVOKE ALL ON TABLE public.t FROM PUBLIC;\n\n\n${mark}`);
  expect((await postgresProof(later)).differences).toEqual([]);
});

describe('settings that databases and roles have', () => {
  const settings = [
    'quote_all_identifiers = on',
    'standard_conforming_strings = off',
    'bytea_output = escape',
    'xmloption = document',
    'transform_null_equals = on',
    'array_nulls = off',
    "lc_monetary = 'C.UTF-8'",
    'client_min_messages = debug5',
    'statement_timeout = 1',
    'lock_timeout = 1',
    'idle_in_transaction_session_timeout = 1',
    "local_preload_libraries = 'missing'",
    "session_preload_libraries = 'missing'",
    "DateStyle = 'German, DMY'",
    "IntervalStyle = 'sql_standard'",
    'extra_float_digits = -15',
    "TimeZone = 'America/Cayenne'",
    "client_encoding = 'LATIN1'",
    'row_security = on',
    'default_transaction_isolation = serializable',
    'exit_on_error = on',
    'enable_seqscan = off',
    'gin_fuzzy_search_limit = 5',
    'temp_file_limit = 0',
    "work_mem = '64kB'",
    'debug_parallel_query = on',
    'default_transaction_deferrable = on',
  ];

  it('change nothing of what is dumped and proven', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    const contents = `${sample}; CREATE TYPE mood AS ENUM ('a', 'b'); CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'; CREATE TABLE u (m mood, b bytea, at timestamptz, f float8, i interval);
      CREATE TABLE words (w int[]); INSERT INTO words SELECT ARRAY[n, 1] FROM generate_series(1, 2000) n; CREATE INDEX ON words USING gin (w);
      INSERT INTO u VALUES ('a', '\\x00ff', '2026-01-01 00:00Z', 0.1::float8 + 0.2, '1 day -1 hour')`;
    await query(server, contents, { database });
    const text = ({ bytes }: Dumped) => bytes.toString().replaceAll(/^\\(un)?restrict .*$/gm, '');
    const before = text(await postgresDump(urlOf(server, database)));
    for (const setting of settings) await query(server, `ALTER DATABASE ${identifier(database)} SET ${setting}`);
    const url = urlOf(server, database);
    await postgresEngine.examine(postgresSource(url), testWork());
    const dumped = await postgresDump(url);
    expect(text(dumped)).toBe(before);
    expect(dumped.scan.flaws ?? []).toEqual([]);
    expect(dumped.scan.warnings).toEqual([expect.stringContaining('no dump holds the settings of the database itself')]);
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], unproven: [], notes: dumped.scan.warnings });
    await query(server, `ALTER DATABASE ${identifier(database)} RESET session_preload_libraries`); // a restore needs what a target loads
    const restored = postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: url, force: true, now: new Date() }, testWork());
    await expect(restored).rejects.toThrow('already exists'); // and nothing else
  });
});

/** A server of its own: a trigger on login is met by every session with its database. */
async function withLoginTrigger(): Promise<{ server: ServerAddress & AsyncDisposable; logins(): Promise<string> }> {
  const server = await startPostgresServer(18);
  onTestFinished(() => server[Symbol.asyncDispose]());
  await query(
    server,
    `${sample}; CREATE TABLE public.logins (who text, path text); GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;
    CREATE FUNCTION public.met() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.logins VALUES (session_user, current_setting('search_path')); END $$;
    CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION public.met(); ALTER EVENT TRIGGER on_login ENABLE ALWAYS; TRUNCATE public.logins`,
  );
  const logins = () =>
    query(server, "SET event_triggers = off; SELECT string_agg(DISTINCT who || ' [' || path || ']', ',') FROM public.logins WHERE path NOT LIKE '\"$user\"%'");
  return { server, logins };
}

it('an event trigger on login is switched off by a superuser’s backup, met by another role with an empty search path, and doctor tells of it', {
  timeout: coldStart,
}, async () => {
  const { server, logins } = await withLoginTrigger();
  expect((await postgresEngine.examine(postgresSource(urlOf(server, 'postgres')), testWork())).remarks).toEqual([]);
  await postgresDump(urlOf(server, 'postgres'));
  expect(await logins()).toBe('');
  await query(server, "CREATE ROLE reader LOGIN PASSWORD 'p' IN ROLE pg_read_all_data; ALTER ROLE reader SET session_preload_libraries = 'auto_explain'");
  const url = urlOf(server, 'postgres', { user: 'reader', password: 'p' });
  const { remarks } = await postgresEngine.examine(postgresSource(url), testWork());
  expect(remarks).toEqual([expect.stringMatching(/event trigger.* on_login/), expect.stringMatching(/session_preload_libraries.*auto_explain/)]);
  const { scan } = await postgresDump(url);
  expect(scan.tables).toContainEqual(expect.objectContaining({ name: 'public.t', rows: 1 }));
  expect(await logins()).toBe('reader []');
});

/** What PgBouncer says to a client that wants settings at the start: it knows a few, and none of ours. Everything else is passed on. */
async function pooler({ host, port }: ServerAddress, { silently }: { silently: boolean }): Promise<number> {
  const { connect } = await import('node:net');
  const listener = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', (first) => {
      const text = first.toString('latin1');
      const at = text.indexOf('options\0');
      if (at >= 0 && !silently) {
        const fields = 'SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0';
        const head = Buffer.alloc(5);
        head.write('E');
        head.writeInt32BE(fields.length + 4, 1);
        client.end(Buffer.concat([head, Buffer.from(fields, 'latin1')]));
        return;
      }
      const kept = at < 0 ? first : without(first, at);
      const inner = connect(port, host, () => inner.write(kept));
      inner.on('error', () => client.destroy());
      client.pipe(inner).pipe(client);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listener.close());
  return (listener.address() as { port: number }).port;
}

/** The startup message without the option at this place: name and value end with a zero each; the length comes first. */
function without(message: Buffer, at: number): Buffer {
  const end = message.indexOf(0, message.indexOf(0, at) + 1) + 1;
  const left = Buffer.concat([message.subarray(0, at), message.subarray(end)]);
  left.writeInt32BE(left.length, 0);
  return left;
}

describe.each([
  ['refuses settings at the start', false],
  ['drops settings at the start without a word', true],
])('behind a pooler that %s', (_, silently) => {
  it('the search path is emptied first of all, and the backup is as good', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const mallory = await newRole(server);
    const database = await newDatabase(server);
    await query(
      server,
      `${sample}; CREATE SCHEMA evil AUTHORIZATION ${identifier(mallory)}; ALTER DATABASE ${identifier(database)} SET search_path = evil, pg_catalog; SET ROLE ${identifier(mallory)};
      CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'ALTER ROLE ${identifier(mallory)} SUPERUSER'; RETURN ''; END $f$`,
      { database },
    );
    const port = await pooler(server, { silently });
    expect(await postgresProof(await postgresDump(urlOf(server, database, { port })))).toMatchObject({ differences: [], unproven: [] });
    expect(await isSuperuser(server, mallory)).toBe('f');
  });

  it('a database whose own settings would change the dump is refused, with what to do', { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    await query(server, `${sample}; ALTER DATABASE ${identifier(database)} SET bytea_output = escape`, { database });
    const port = await pooler(server, { silently });
    await expect(postgresDump(urlOf(server, database, { port }))).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/pooler.*bytea_output = escape.*Name the server itself/s),
    });
  });
});

it('a search path with PostgreSQL’s own names last lets nothing planted take their place in a restore that needs the path', {
  timeout: coldStart,
}, async () => {
  // servers since 17 have a search path of their own while an index is made
  const server = await postgresServer(15);
  const role = await newRole(server);
  const database = await newDatabase(server);
  const evil = (signature: string, result: string) =>
    `CREATE FUNCTION evil.${signature} RETURNS ${result} LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE ${role} SUPERUSER'; RETURN NULL; END $$;`;
  const sql = `CREATE SCHEMA evil; ${evil('lower(text)', 'text')} ${evil('set_config(text, text, boolean)', 'text')} ${evil('jsonb_array_length(jsonb)', 'int')}
    CREATE FUNCTION evil.hidden(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1 || ''!'''; CREATE FUNCTION shown(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower(hidden($1)); END';
    SET search_path = public, evil; CREATE TABLE w (n text, o text GENERATED ALWAYS AS (shown(n)) STORED); INSERT INTO w VALUES ('A'); CREATE TABLE x (n text); INSERT INTO x VALUES ('B'); CREATE INDEX i ON x (shown(n)); ALTER DATABASE ${database} SET search_path = evil, pg_catalog`;
  await query(server, sql, { database });
  const dump = await postgresDump(urlOf(server, database));
  const { verdict, flaws } = await judged(dump);
  expect({ verdict, flaws }).toMatchObject({ verdict: 'flawed', flaws: [{ comesBack: true }, { comesBack: true }] });
  const back = await restored(server, dump, flaws);
  expect(await query(server, "SELECT (SELECT o FROM public.w), to_regclass('public.i') IS NOT NULL", { database: back })).toBe('a!|t');
  await query(server, 'DROP TABLE public.w', { database });
  const target = await newDatabase(server);
  await restoredInto(server, await postgresDump(urlOf(server, database)), { tolerant: true, database: target });
  expect(await query(server, "SELECT to_regclass('public.i') IS NOT NULL", { database: target })).toBe('t');
  expect(await isSuperuser(server, role)).toBe('f');
});
