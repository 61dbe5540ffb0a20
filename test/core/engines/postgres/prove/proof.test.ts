import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { altered, type Dumped, mark, newRole, postgresDump, postgresProof, urlOf } from '../../../../support/postgres-work.ts';
import { children } from '../../../../support/processes.ts';
import { coldStart } from '../../../../support/programs.ts';
import { canMount, smallDisk } from '../../../../support/small-disk.ts';

const sample = `CREATE TABLE person (id integer, name text); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');
  CREATE TABLE visit (id integer, at date); INSERT INTO visit VALUES (1, '2026-01-01'); CREATE SEQUENCE counter; SELECT nextval('counter'); SELECT lo_from_bytea(4711, 'bytes')`;

/** Of the sample, which is dumped once for all tests. */
let made: Promise<Dumped> | undefined;
const dumped = () => {
  made ??= dumpedFrom(sample);
  return made;
};

async function dumpedFrom(sql: string): Promise<Dumped> {
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
        ['1\t2026-01-01', '1\t2026-01-09', 'table public.visit has other contents in its 1 row'],
        ["'public.counter', 1, true", "'public.counter', 1, false", 'sequence public.counter stands at 1'],
        ['6279746573', '6279746574', 'large objects'],
      ];
      const { differences } = await postgresProof(cases.reduce((dump, [from, to]) => altered(dump, from, to), honest));
      expect(differences).toHaveLength(cases.length);
      for (const [, , difference] of cases) expect(differences).toContainEqual(expect.stringContaining(difference));
      expect((await postgresProof(altered(honest, '1\t2026-01-01', '1\t2026-01-41'))).differences).toEqual([
        'table public.visit has other contents in its 1 row',
      ]);
    },
    coldStart,
  );

  it('finds rows in another order to be the same rows', async () => {
    const honest = await dumped();
    const clustered = altered(honest, mark, `CREATE INDEX i ON public.person (name);\nCLUSTER public.person USING i;\n\n${mark}`);
    expect(await postgresProof(clustered)).toMatchObject({
      differences: [],
      unproven: [expect.stringContaining('pg_dump does not write such a statement: CLUSTER ')],
    });
  });

  it(
    'refutes a dump after which something is missing, and names it',
    async () => {
      const sql = `${sample}; CREATE INDEX by_name ON person (name); CREATE VIEW people AS SELECT name FROM person; ALTER TABLE person ADD CONSTRAINT positive CHECK (id > 0); ALTER TABLE visit ALTER at SET DEFAULT '2026-01-01';
        CREATE FUNCTION two() RETURNS integer LANGUAGE sql RETURN 2; CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER kept BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION keep();
        CREATE POLICY mine ON person USING (true); CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE visit ADD UNIQUE (id)`;
      const honest = await dumpedFrom(sql);
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
    expect(finding).toMatchObject({
      differences: [],
      unproven: ['COMMENT table public.visit of the source did not come back', 'GRANT TABLE public.visit of the source did not come back'],
    });
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
    for (const share of [0, 0.5]) {
      const bytes = honest.bytes.subarray(0, Math.floor(honest.bytes.length * share));
      const { differences } = await postgresProof({ ...honest, bytes }, work);
      expect(differences).toEqual([`the dump ends after ${bytes.length} bytes without pg_dump's closing lines: it is not complete`]);
    }
    expect(leftIn(work)).toEqual([]);
  });

  it.skipIf(!canMount())('whose scratch server runs out of space says so and refutes nothing', async () => {
    const honest = await dumpedFrom("CREATE TABLE much AS SELECT n, repeat(md5(n::text), 20) AS words FROM generate_series(1, 50000) n; SELECT 'big'");
    const scratch = smallDisk(40);
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
const evil = (file: string, returns: string, name = 'evil') =>
  `CREATE FUNCTION public.${name}() RETURNS ${returns} LANGUAGE plpgsql AS $$ BEGIN EXECUTE $q$ ${writing(file)} $q$; RETURN ${returns === 'event_trigger' ? '' : 'NULL'}; END $$;`;

/** What it tries, and what refuses it. */
type Refused = [string, (file: string) => string, string];

const refused: [Refused, ...Refused[]] = [
  ['COPY TO PROGRAM', (file) => `${writing(file)};`, 'permission denied to COPY to or from an external program'],
  ['COPY FROM PROGRAM', (file) => `COPY public.person FROM PROGRAM 'touch ${file}';`, 'permission denied to COPY to or from an external program'],
  [
    'an untrusted extension',
    (file) =>
      `CREATE EXTENSION file_fdw SCHEMA public; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE public.f (l text) SERVER s OPTIONS (program 'touch ${file}');`,
    'permission denied to create extension "file_fdw"',
  ],
  ['a change of role', (file) => `SET ROLE sauvegarde_superuser; ${writing(file)};`, 'permission denied to set role "sauvegarde_superuser"'],
  [
    'a function of a superuser behind OWNER TO',
    (file) => `${evil(file, 'text')} ALTER TABLE public.person ALTER name TYPE text USING public.evil(), OWNER TO postgres;`,
    'must be able to SET ROLE "postgres"',
  ],
  [
    'a grant',
    (file) => `GRANT pg_execute_server_program TO sauvegarde_restorer; ${writing(file)};`,
    'permission denied to COPY to or from an external program',
  ],
];

/** What it tries to run is never run. */
const unheard: [string, (file: string) => string][] = [
  ['a shell command of psql', (file) => `\\! touch ${file}`],
  ['\\copy', (file) => `\\copy public.person to program 'touch ${file}'`],
  ['a shell command behind \\unrestrict', (file) => `\\unrestrict x\n\\! touch ${file}`],
  [
    'an event trigger that a superuser sets off',
    (file) =>
      `${evil(file, 'event_trigger')} CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.evil(); COMMENT ON EVENT TRIGGER e IS 'x'; GRANT SELECT ON public.person TO postgres;`,
  ],
  [
    'an event trigger that a superuser sets off by logging in',
    (file) => `${evil(file, 'event_trigger', 'login')} CREATE EVENT TRIGGER l ON login EXECUTE FUNCTION public.login(); ALTER EVENT TRIGGER l ENABLE ALWAYS;`,
  ],
];

describe('a hostile dump', () => {
  /** Everything that the proof finds when these attacks stand at the dump's end; none has written its file. */
  async function attackedBy(...attacks: ((file: string) => string)[]): Promise<string[]> {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777); // the scratch server may be another user
    const honest = await dumped();
    const work = testWork();
    const words = attacks.map((attack, index) => attack(join(folder, `attacked-${index}`)));
    const { differences, flaws, unproven } = await postgresProof(altered(honest, mark, `${words.join('\n')}\n\n${mark}`), work);
    expect([...readdirSync(folder), ...leftIn(work)]).toEqual([]);
    return [...differences, ...flaws.map(({ what }) => what), ...unproven];
  }

  it('runs nothing that the dump may not do, and is not proven', { timeout: coldStart }, async () => {
    const [[, copyToProgram, refusal]] = refused;
    expect(await attackedBy(copyToProgram)).toContainEqual(expect.stringContaining(refusal));
  });

  it('nor where something is lacking, so that it goes on after each refusal', { timeout: coldStart }, async () => {
    const lacking = () => "CREATE FUNCTION public.c() RETURNS integer AS 'x' LANGUAGE c;";
    const findings = await attackedBy(lacking, ...refused.map(([, attack]) => attack));
    for (const [what, , refusal] of refused) expect(findings, what).toContainEqual(expect.stringContaining(refusal));
  });

  it('runs nothing by what is left out or put off', { timeout: coldStart }, async () => {
    expect(await attackedBy(...unheard.map(([, attack]) => attack))).toEqual([expect.stringContaining('such a statement: GRANT SELECT')]);
  });

  it('runs nothing by a command of psql inside a statement, and is refuted', { timeout: coldStart }, async () => {
    expect(await attackedBy((file) => `SELECT 1 \\! touch ${file}\n;`)).toEqual([expect.stringContaining('the dump has a backslash inside a statement')]);
  });

  it('runs nothing by a search path that leads to its own functions', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const file = join(folder, 'attacked');
    const own = evil(file, 'json').replace('public.evil()', 'evil.json_build_array(name, name)');
    // what takes a superuser makes the proof ask which tables there are
    const attack = `CREATE SCHEMA evil; ${own} ALTER DATABASE restored SET search_path = evil, pg_catalog; CREATE FUNCTION public.c() RETURNS integer AS 'x' LANGUAGE c;`;
    const finding = await postgresProof(altered(await dumped(), 'CREATE TABLE public.person', `${attack}\nCREATE TABLE public.person`));
    expect(finding).toMatchObject({
      differences: [],
      unproven: [
        expect.stringMatching(/such a statement: ALTER DATABASE restored SET search_path/),
        expect.stringContaining('permission denied for language c'),
      ],
    });
    expect(existsSync(file)).toBe(false);
  });
});
