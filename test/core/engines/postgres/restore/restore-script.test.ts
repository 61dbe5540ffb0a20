import { beforeAll, describe, expect, it } from 'vitest';
import { rowsIn } from '../../../../../core/engines/postgres/prove/prove-partly.ts';
import { withoutSuperuser } from '../../../../../core/engines/postgres/prove/statement-filter.ts';
import { RestoreScript } from '../../../../../core/engines/postgres/restore/restore-script.ts';
import { fitting } from '../../../../../core/engines/postgres/restore/statement-filter.ts';
import { PostgresScanner } from '../../../../../core/engines/postgres/script/scanner.ts';
import { DumpMalformedError } from '../../../../../core/errors.ts';
import { awkwardDatabase } from '../../../../support/awkward-postgres.ts';
import { plainDump, ranBy } from '../../../../support/postgres-dump.ts';
import { environmentOf, query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { coldStart, serverVersions } from '../../../../support/programs.ts';
import { gathered, inPieces, streamOf } from '../../../../support/streams.ts';

const source = 'restore_script_test';
const trailer = '--\n-- PostgreSQL database dump complete\n--\n\n';
let dump: Buffer;

beforeAll(async () => {
  const server = await postgresServer(15);
  await query(server, `CREATE DATABASE ${source} TEMPLATE template0`);
  await query(server, awkwardDatabase, { database: source });
  dump = await plainDump(server, source);
  return () => query(server, `DROP DATABASE ${source}`).then(() => undefined);
}, coldStart);

function scanOf(bytes: Buffer) {
  const scanner = new PostgresScanner();
  scanner.write(bytes);
  const { size: _, ...scan } = scanner.end();
  return scan;
}

async function scriptOf(text: string | Buffer, rule = fitting(18, true), chunk = 65_536): Promise<{ script: string; later: RestoreScript['later'] }> {
  const restore = new RestoreScript(rule, { lenient: true }); // statements of these tests are short
  const script = await gathered(restore.from(streamOf(inPieces(Buffer.from(text), chunk))));
  return { script: script.toString(), later: restore.later };
}

describe.each(serverVersions)('restored into PostgreSQL %i', (version) => {
  it('the script of an awkward dump brings every row back', async () => {
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    const { script } = await scriptOf(dump, fitting(version, true));
    const { status, said } = await ranBy(
      'psql',
      ['-Xq1', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', '-'],
      environmentOf(server, { database }),
      `\\restrict key\n${script}`,
    );
    expect({ status, said }).toEqual({ status: 0, said: '' });
    expect(scanOf(await plainDump(server, database))).toEqual(scanOf(dump));
    expect(await query(server, 'SELECT atomic(2), quoted()', { database })).toBe(
      await query(await postgresServer(15), 'SELECT atomic(2), quoted()', { database: source }),
    );
    const definition = "SELECT string_agg(definition, E'\\n') FROM pg_rules WHERE schemaname = 'public'";
    expect(await query(server, definition, { database })).toBe(await query(await postgresServer(15), definition, { database: source }));
  });
});

it('is the same however the dump is cut', async () => {
  const whole = await scriptOf(dump, withoutSuperuser(18, { whole: true, schemas: new Set() }));
  for (const chunk of [997, 4096, dump.length]) expect(await scriptOf(dump, withoutSuperuser(18, { whole: true, schemas: new Set() }), chunk)).toEqual(whole);
  expect(whole.later.length).toBeGreaterThan(5);
});

describe('no psql command is passed', () => {
  it.each([
    '\\! touch /tmp/x',
    '\\copy t from program $$x$$',
    '\\i /etc/passwd',
    '\\connect other',
    '\\restrict key',
    '\\unrestrict key',
    '\\.',
    '  \\! x',
    '\t\\gexec',
    '\\\\ SELECT 1;',
  ])('%s on a line of its own is left out', async (line) => {
    const { script } = await scriptOf(`SELECT 1;\n${line}\nSELECT 2;\n${line}\n${trailer}`);
    expect(script).toBe('SELECT 1;\nSELECT 2;\n');
    const after = await scriptOf(`COPY t (a) FROM stdin;\n1\n\\.\n${line}\nSELECT 2;\n${trailer}${line}\n`);
    expect(after.script).toBe('COPY t (a) FROM stdin;\n1\n\\.\nSELECT 2;\n');
  });

  it.each(['SELECT 1; \\! touch /tmp/x', 'SELECT 1;\\! touch /tmp/x', "SELECT 1; -- x ' \n\\! x", 'SELECT 1; /* x */ SELECT 2; \\connect x'])(
    'nor after a statement: %j',
    async (text) => {
      const { script } = await scriptOf(`${text}\nSELECT 3;\n${trailer}`);
      expect(script).not.toContain('\\');
      expect(script).toMatch(/^SELECT 1;\n.*SELECT 3;\n$/s);
    },
  );

  it.each([
    'SELECT 1 \\! touch /tmp/x\n;',
    'SELECT 1 \\gexec\n',
    'SELECT 1 \\set x `touch /tmp/x`\n;',
    'SELECT 1\n\\! x\n;',
    'SELECT (1; \\! x\n);',
    '/* comment */ \\! x\n;',
    "SELECT 'x' \\copy t to program 'x'\n;",
    'SELECT $$x$$ \\i x\n;',
    'CREATE TABLE t (a text -- x\n\\! x\n);',
  ])('a dump with one inside a statement is refused: %j', async (text) => {
    await expect(scriptOf(`${text}\n${trailer}`)).rejects.toThrow(DumpMalformedError);
  });

  it.each([
    "SELECT '\\! x';",
    'SELECT "\\i x";',
    'SELECT $a$\n\\! x\n$a$;',
    "SELECT E'\\\\! x';",
    'SELECT 1 /* \\! x */;',
    'COPY t (a) FROM stdin;\n\\! x\n\\.',
  ])('what only looks like one stays: %j', async (text) => {
    expect((await scriptOf(`${text}\n${trailer}`)).script).toBe(`${text}\n`);
  });
});

it('drops and puts off what is ruled, with what follows in its order', async () => {
  const text = `SET transaction_timeout = 0;\nBEGIN;\nALTER TABLE a OWNER TO x;\nCREATE TABLE b ();\nCOMMIT;\nGRANT ALL ON TABLE b TO y;\n${trailer}`;
  expect(await scriptOf(text, withoutSuperuser(15, { whole: true, schemas: new Set() }))).toEqual({
    script: 'CREATE TABLE b ();\n',
    later: [
      { statement: Buffer.from('ALTER TABLE a OWNER TO x;'), why: 'ownership' },
      { statement: Buffer.from('GRANT ALL ON TABLE b TO y;'), why: 'privileges' },
    ],
  });
});

it('puts off statements in the encoding of the dump', async () => {
  const text = Buffer.from(`SET client_encoding = 'LATIN1';\nALTER TABLE "é" OWNER TO "ü";\nCREATE TABLE "è" ();\n${trailer}`, 'latin1');
  const restore = new RestoreScript(withoutSuperuser(18, { whole: true, schemas: new Set() }));
  const script = await gathered(restore.from(streamOf([text])));
  expect(script.toString('latin1')).toBe(`SET client_encoding = 'LATIN1';\nCREATE TABLE "è" ();\n`);
  expect(restore.later).toEqual([{ statement: Buffer.from('ALTER TABLE "é" OWNER TO "ü";', 'latin1'), why: 'ownership' }]);
});

it('throws at the end of a dump that was cut short, and when its source fails', async () => {
  await expect(scriptOf('SELECT 1;\n')).rejects.toThrow(DumpMalformedError);
  await expect(gathered(new RestoreScript(fitting(18, true)).from(streamOf([trailer], new Error('broken'))))).rejects.toThrow('broken');
});

it('the second script of a partial proof has no row of a table that could not be made: psql could take it for a statement', async () => {
  const copies = ['kept', '"not there"'].map((table) => `COPY public.${table} (note) FROM stdin;\n; DELETE FROM ${table};\n\\.\n`);
  const rule = rowsIn(fitting(18, false), new Set([JSON.stringify(['public', 'kept'])]));
  const { script } = await scriptOf(
    `SET row_security = off;\n\nCREATE TABLE public.kept ();\n\n${copies.join('\n')}\n\nCREATE INDEX i ON public.kept (note);\n\n${trailer}`,
    rule,
  );
  expect(script.split('\n').filter(Boolean)).toEqual(['SET row_security = off;', 'COPY public.kept (note) FROM stdin;', '; DELETE FROM kept;', '\\.']);
});
