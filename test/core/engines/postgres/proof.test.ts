import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Scan } from '../../../../core/documents/scan.ts';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { leftIn, testWork } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { type Dumped, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { children } from '../../../support/processes.ts';
import { coldStart } from '../../../support/programs.ts';

const sample = `CREATE TABLE person (id integer, name text); INSERT INTO person VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Barbara');
  CREATE TABLE visit (id integer, at date); INSERT INTO visit VALUES (1, '2026-01-01'); CREATE SEQUENCE counter; SELECT nextval('counter'); SELECT lo_from_bytea(4711, 'bytes')`;

async function dumped(sql = sample): Promise<Dumped> {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  await query(server, sql, { database });
  return postgresDump(urlOf(server, database));
}

/** Where something can be added to a dump. */
const mark = '--\n-- PostgreSQL database dump complete';

/** The dump with one piece of its text replaced; its scan is the source's still. */
function altered({ bytes, scan }: Dumped, from: string, to: string): Dumped {
  const text = bytes.toString('latin1');
  if (!text.includes(from)) throw new Error(`the dump has no ${from}`);
  return {
    bytes: Buffer.from(
      text.replace(from, () => to),
      'latin1',
    ),
    scan,
  };
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

  it('is partial and lists the extension that the scratch server does not have', async () => {
    const honest = await dumped();
    const scan: Scan = {
      ...honest.scan,
      source: { encoding: 'UTF8', collation: 'C', roles: ['postgres'], extensions: [{ name: 'postgis', version: '3', schema: 'public' }] },
    };
    const finding = await postgresProof({ ...honest, scan });
    expect(finding).toMatchObject({ differences: [], unproven: [expect.stringContaining('extension postgis could not be made')] });
  });

  it('says what is wrong with a dump that was cut short, and leaves nothing', async () => {
    const honest = await dumped();
    const work = testWork();
    for (const share of [0.1, 0.5, 0.99]) {
      const bytes = honest.bytes.subarray(0, Math.floor(honest.bytes.length * share));
      await expect(postgresProof({ ...honest, bytes }, work)).rejects.toMatchObject({
        name: 'ToolFailedError',
        message: expect.stringContaining('not complete'),
      });
    }
    expect(leftIn(work)).toEqual([]);
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

describe('a hostile dump', () => {
  const hostile: [string, (file: string) => string][] = [
    ['COPY TO PROGRAM', (file) => `${writing(file)};`],
    ['COPY FROM PROGRAM', (file) => `COPY public.person FROM PROGRAM 'touch ${file}';`],
    ['a shell command of psql', (file) => `\\! touch ${file}`],
    ['\\copy', (file) => `\\copy public.person to program 'touch ${file}'`],
    ['a shell command behind \\unrestrict', (file) => `\\unrestrict x\n\\! touch ${file}`],
    ['a shell command at the end of a statement', (file) => `SELECT 1 \\! touch ${file}\n;`],
    ['a variable from a shell command', (file) => `SELECT 1 \\set x \`touch ${file}\`\n;`],
    [
      'an untrusted extension',
      (file) =>
        `CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE public.f (l text) SERVER s OPTIONS (program 'touch ${file}');`,
    ],
    ['a change of role', (file) => `SET ROLE sauvegarde_superuser; ${writing(file)};`],
    [
      'a function of a superuser behind OWNER TO',
      (file) => `${evil(file, 'text')} ALTER TABLE public.person ALTER name TYPE text USING public.evil(), OWNER TO postgres;`,
    ],
    ['a grant', (file) => `GRANT pg_execute_server_program TO sauvegarde_restorer; ${writing(file)};`],
    [
      'an event trigger that a superuser sets off',
      (file) =>
        `${evil(file, 'event_trigger')} CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.evil(); COMMENT ON EVENT TRIGGER e IS 'x'; GRANT SELECT ON public.person TO postgres;`,
    ],
  ];

  it.each(hostile)(
    'runs nothing by %s',
    async (_, attack) => {
      const folder = temporaryFolder();
      chmodSync(folder, 0o777); // the scratch server may be another user
      const file = join(folder, 'attacked');
      const honest = await dumped();
      const work = testWork();
      // a refusal to try is as good as a refutation; what counts is that nothing ran
      await postgresProof(altered(honest, mark, `${attack(file)}\n\n${mark}`), work).catch(() => undefined);
      expect(existsSync(file)).toBe(false);
      expect(leftIn(work)).toEqual([]);
    },
    coldStart,
  );
});
