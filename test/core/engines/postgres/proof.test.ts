import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { leftIn, testWork } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { altered, type Dumped, mark, newRole, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { children } from '../../../support/processes.ts';
import { coldStart } from '../../../support/programs.ts';
import { canMount, smallDisk } from '../../../support/small-disk.ts';

const sample = `CREATE TABLE person (id integer, name text); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');
  CREATE TABLE visit (id integer, at date); INSERT INTO visit VALUES (1, '2026-01-01'); CREATE SEQUENCE counter; SELECT nextval('counter'); SELECT lo_from_bytea(4711, 'bytes')`;

async function dumped(sql = sample): Promise<Dumped> {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  await query(server, sql, { database });
  return postgresDump(urlOf(server, database));
}

describe('a proof', () => {
  it(
    'refutes, and says which, what was changed after the scan',
    async () => {
      const honest = await dumped();
      const cases: [string, string, string][] = [
        ['2\tGrace\n', '', 'table public.person has 2 rows instead of 3'],
        ['Grace', 'Grbce', 'table public.person has other contents in its 3 rows'],
        ['1\t2026-01-01', '1\t2026-01-41', 'the restore stopped'],
        ["'public.counter', 1, true", "'public.counter', 1, false", 'sequence public.counter stands at 1'],
        ['6279746573', '6279746574', 'large objects'],
      ];
      for (const [from, to, difference] of cases)
        expect((await postgresProof(altered(honest, from, to))).differences, from).toEqual([expect.stringContaining(difference)]);
    },
    coldStart,
  );

  it('finds rows in another order to be the same rows', async () => {
    const honest = await dumped();
    const clustered = altered(honest, mark, `CREATE INDEX i ON public.person (name);\nCLUSTER public.person USING i;\n\n${mark}`);
    expect(await postgresProof(clustered)).toMatchObject({ differences: [], unproven: [] });
  });

  it(
    'refutes a dump after which something is missing, and names it',
    async () => {
      const sql = `${sample}; CREATE INDEX by_name ON person (name); CREATE VIEW people AS SELECT name FROM person; ALTER TABLE person ADD CONSTRAINT positive CHECK (id > 0); ALTER TABLE visit ALTER at SET DEFAULT '2026-01-01';
        CREATE FUNCTION two() RETURNS integer LANGUAGE sql RETURN 2; CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER kept BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION keep();
        CREATE POLICY mine ON person USING (true); CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE visit ADD UNIQUE (id)`;
      const honest = await dumped(sql);
      const cases: [string, string][] = [
        ['INDEX public.by_name', 'INDEX public.by_name'],
        ['VIEW public.people', 'VIEW public.people'],
        ['FUNCTION public.two()', 'FUNCTION public.two()'],
        ['TRIGGER kept ON public.person', 'TRIGGER public.person kept'],
        ['POLICY mine ON public.person', 'POLICY public.person mine'],
        ['TYPE public.mood', 'TYPE public.mood'],
      ];
      const drops = `${cases.map(([object]) => `DROP ${object};`).join('\n')} ALTER TABLE public.visit DROP CONSTRAINT visit_id_key, ALTER at DROP DEFAULT;`;
      const finding = await postgresProof(altered(honest, mark, `${drops}\n\n${mark}`));
      const missing = [...cases.map(([, name]) => name), 'CONSTRAINT public.visit visit_id_key'].map((name) => `${name} is missing`);
      expect(new Set(finding.differences)).toEqual(new Set(missing));
      expect(finding.notes.filter((note) => note.startsWith('not restored'))).toEqual(['not restored as it was: TABLE public.visit']);
    },
    coldStart,
  );

  it('notes an owner, a privilege and a comment that were not restored', async () => {
    const server = await postgresServer(18);
    const [owner, reader] = [await newRole(server), await newRole(server)];
    const database = await newDatabase(server);
    await query(server, `${sample}; ALTER TABLE person OWNER TO ${owner}; GRANT SELECT ON visit TO ${reader}; COMMENT ON TABLE visit IS 'secret words'`, {
      database,
    });
    const { bytes, scan } = await postgresDump(urlOf(server, database));
    if (!scan.source) throw new Error('the scan says nothing about its source');
    const withoutRoles: Dumped = { bytes, scan: { ...scan, source: { ...scan.source, roles: ['postgres'] } } };
    const finding = await postgresProof(altered(withoutRoles, "IS 'secret words';", "IS 'secret words';\nCOMMENT ON TABLE public.visit IS NULL;"));
    expect(finding).toMatchObject({ differences: [], unproven: [] });
    expect(finding.notes).toEqual([
      `ERROR:  role "${owner}" does not exist`,
      `ERROR:  role "${reader}" does not exist`,
      `not restored: ALTER TABLE public.person OWNER TO ${owner};`,
      'not restored as it was: COMMENT of TABLE public.visit',
      `not restored: GRANT SELECT ON TABLE public.visit TO ${reader};`,
    ]);
  });

  it('refutes a dump that was cut short, and leaves nothing', async () => {
    const honest = await dumped();
    const work = testWork();
    for (const share of [0, 0.1, 0.5, 0.99]) {
      const bytes = honest.bytes.subarray(0, Math.floor(honest.bytes.length * share));
      const { differences } = await postgresProof({ ...honest, bytes }, work);
      expect(differences).toEqual([`the dump ends after ${bytes.length} bytes without pg_dump's closing lines: it is not complete`]);
    }
    expect(leftIn(work)).toEqual([]);
  });

  it.skipIf(!canMount())('whose scratch server runs out of space says so and refutes nothing', async () => {
    const honest = await dumped("CREATE TABLE much AS SELECT n, repeat(md5(n::text), 20) AS words FROM generate_series(1, 40000) n; SELECT 'big'");
    const scratch = smallDisk(72);
    chmodSync(scratch, 0o711);
    await expect(postgresProof(honest, { ...testWork(), scratch })).rejects.toMatchObject({
      name: 'StorageFullError',
      message: expect.stringContaining('the scratch server ran out of space'),
    });
    expect(readdirSync(scratch)).toEqual([]);
  });
});

it('a proof whose scratch server is killed in the middle is an error, not a refutation, and leaves nothing', async () => {
  const { bytes, scan } = await dumped();
  const work = testWork();
  async function* killing() {
    yield bytes.subarray(0, 500);
    for (const pid of children('unix_socket_directories')) process.kill(pid, 'SIGKILL');
    await setTimeout(300);
    yield bytes.subarray(500);
  }
  await expect(postgresEngine.prove(killing, scan, work)).rejects.toMatchObject({
    name: 'ToolFailedError',
    message: expect.stringContaining('scratch server'),
  });
  expect([...leftIn(work), ...children('unix_socket_directories'), ...children('psql')]).toEqual([]);
});

/** A statement that would write a file if a superuser ran it. */
const writing = (file: string) => `COPY (SELECT 1) TO PROGRAM 'touch ${file}'`;
const evil = (file: string, returns: string) =>
  `CREATE FUNCTION public.evil() RETURNS ${returns} LANGUAGE plpgsql AS $$ BEGIN EXECUTE $q$ ${writing(file)} $q$; RETURN ${returns === 'event_trigger' ? '' : 'NULL'}; END $$;`;
const stopped = 'the restore stopped: ERROR:  ';
const backslash = 'the dump has a backslash inside a statement';

/** What it tries, and what refutes it; nothing does when what it tries to run is never run. */
const hostile: [string, (file: string) => string, string?][] = [
  ['COPY TO PROGRAM', (file) => `${writing(file)};`, `${stopped}permission denied to COPY to or from an external program`],
  ['COPY FROM PROGRAM', (file) => `COPY public.person FROM PROGRAM 'touch ${file}';`, `${stopped}permission denied to COPY to or from an external program`],
  ['a shell command of psql', (file) => `\\! touch ${file}`],
  ['\\copy', (file) => `\\copy public.person to program 'touch ${file}'`],
  ['a shell command behind \\unrestrict', (file) => `\\unrestrict x\n\\! touch ${file}`],
  ['a shell command at the end of a statement', (file) => `SELECT 1 \\! touch ${file}\n;`, backslash],
  ['a variable from a shell command', (file) => `SELECT 1 \\set x \`touch ${file}\`\n;`, backslash],
  [
    'an untrusted extension',
    (file) =>
      `CREATE EXTENSION file_fdw SCHEMA public; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE public.f (l text) SERVER s OPTIONS (program 'touch ${file}');`,
    `${stopped}permission denied to create extension "file_fdw"`,
  ],
  ['a change of role', (file) => `SET ROLE sauvegarde_superuser; ${writing(file)};`, `${stopped}permission denied to set role "sauvegarde_superuser"`],
  [
    'a function of a superuser behind OWNER TO',
    (file) => `${evil(file, 'text')} ALTER TABLE public.person ALTER name TYPE text USING public.evil(), OWNER TO postgres;`,
    `${stopped}must be able to SET ROLE "postgres"`,
  ],
  [
    'a grant',
    (file) => `GRANT pg_execute_server_program TO sauvegarde_restorer; ${writing(file)};`,
    `${stopped}permission denied to COPY to or from an external program`,
  ],
  [
    'an event trigger that a superuser sets off',
    (file) =>
      `${evil(file, 'event_trigger')} CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.evil(); COMMENT ON EVENT TRIGGER e IS 'x'; GRANT SELECT ON public.person TO postgres;`,
  ],
  [
    'an event trigger that a superuser sets off by logging in',
    (file) => `${evil(file, 'event_trigger')} CREATE EVENT TRIGGER e ON login EXECUTE FUNCTION public.evil(); ALTER EVENT TRIGGER e ENABLE ALWAYS;`,
  ],
];

describe('a hostile dump', () => {
  it.each(hostile)(
    'runs nothing by %s',
    async (_, attack, refutation) => {
      const folder = temporaryFolder();
      chmodSync(folder, 0o777); // the scratch server may be another user
      const file = join(folder, 'attacked');
      const honest = await dumped();
      const work = testWork();
      const { differences } = await postgresProof(altered(honest, mark, `${attack(file)}\n\n${mark}`), work);
      expect(differences).toEqual(refutation === undefined ? [] : [expect.stringContaining(refutation)]);
      expect(existsSync(file)).toBe(false);
      expect(leftIn(work)).toEqual([]);
    },
    coldStart,
  );

  it('runs nothing by a search path that leads to its own functions', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const file = join(folder, 'attacked');
    const own = evil(file, 'json').replace('public.evil()', 'evil.json_build_array(name, name)');
    // what takes a superuser makes the proof ask which tables there are
    const attack = `CREATE SCHEMA evil; ${own} ALTER DATABASE restored SET search_path = evil, pg_catalog; CREATE FUNCTION public.c() RETURNS integer AS 'x' LANGUAGE c;`;
    const finding = await postgresProof(altered(await dumped(), 'CREATE TABLE public.person', `${attack}\nCREATE TABLE public.person`));
    expect(finding).toMatchObject({ differences: [], unproven: ['ERROR:  permission denied for language c'] });
    expect(existsSync(file)).toBe(false);
  });
});
