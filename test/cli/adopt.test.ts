import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { dumpToolOf } from '../../core/engines/mysql/family.ts';
import { project, sauvegarde } from '../support/cli.ts';
import { testWork } from '../support/engine-work.ts';
import { filesIn } from '../support/folder.ts';
import { mysqlQuery } from '../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../support/mysql-servers.ts';
import { mysqlUrl } from '../support/mysql-work.ts';
import { never } from '../support/never.ts';
import { environmentOf, query } from '../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../support/postgres-servers.ts';
import { urlOf } from '../support/postgres-work.ts';
import { coldStart, toolsFolder } from '../support/programs.ts';
import { countRows, sampleDatabase } from '../support/sqlite.ts';

const at = (text: string) => new Date(`${text}T12:00:00Z`);

interface Outcome {
  file: string;
  backup?: string;
  rows?: number;
  verdict?: string;
  error?: { name: string; message: string };
}

/** Adopts, and returns the exit status and the outcome of each file, by its name in the folder of dumps. */
async function adopted(folder: string, words: string[]): Promise<{ status: unknown; outcomes: Record<string, Outcome> }> {
  const { status, stdout } = await sauvegarde(folder, ['adopt', ...words, '--database', 'app', '--json']);
  const list = JSON.parse(stdout) as Outcome[];
  return { status, outcomes: Object.fromEntries(list.map((outcome) => [outcome.file.replace(/^.*\/old\//, ''), outcome])) };
}

/** Writes a file into the folder of dumps, changed last on this day. */
function oldFile(folder: string, name: string, day: string, content: Uint8Array | string): void {
  const path = join(folder, 'old', name);
  writeFileSync(path, content);
  utimesSync(path, at(day), at(day));
}

describe('adopt', () => {
  it('makes proven backups of copies of a file, dated by them; refuses each that is none by name; leaves nothing of those', async () => {
    const folder = project();
    mkdirSync(join(folder, 'old/sub'), { recursive: true });
    const bytes = readFileSync(sampleDatabase(join(folder, 'made.sqlite3'), { rows: 9 }));
    const other = readFileSync(sampleDatabase(join(folder, 'other.sqlite3'), { rows: 5 }));
    oldFile(folder, 'a.db', '2025-03-01', bytes);
    oldFile(folder, 'twin.db', '2025-03-01', readFileSync(sampleDatabase(join(folder, 'twin.sqlite3'), { rows: 6 })));
    oldFile(folder, 'sub/b.sqlite3.gz', '2025-03-02', gzipSync(other));
    oldFile(folder, 'again.db', '2025-03-03', bytes);
    oldFile(folder, 'cut.gz', '2025-03-04', gzipSync(other, { level: 1 }).subarray(0, -20));
    oldFile(folder, 'half.db', '2025-03-04', other.subarray(0, 8192));
    oldFile(folder, 'bomb.gz', '2025-03-05', gzipSync(Buffer.concat([bytes, Buffer.alloc(60_000_000)])));
    oldFile(folder, 'readme.txt', '2025-03-06', 'not a dump');
    oldFile(folder, 'empty.db', '2025-03-06', '');
    oldFile(folder, 'page.sql', '2025-03-06', '--\n-- PostgreSQL database dump\n--\n');
    oldFile(folder, 'live.db', '2025-03-06', other);
    oldFile(folder, 'live.db-wal', '2025-03-06', 'changes');
    oldFile(folder, 'future.db', '2099-01-01', other);
    const planned = await adopted(folder, ['old/a.db', '--dry-run']);
    expect(planned).toEqual({
      status: 0,
      outcomes: { 'a.db': { file: join(folder, 'old/a.db'), backup: 'app-20250301_120000Z_manual', tables: 3, rows: 21 } },
    });
    expect(filesIn(join(folder, 'vault'))).toEqual([]);
    const { status, outcomes } = await adopted(folder, ['old', '--largest', '0.05']);
    expect(status).toBe(1);
    expect(outcomes['a.db']).toMatchObject({ backup: 'app-20250301_120000Z_manual', verdict: 'proven' });
    expect(outcomes['twin.db']).toMatchObject({ backup: 'app-20250301_120001Z_manual', verdict: 'proven' });
    expect(outcomes['sub/b.sqlite3.gz']).toMatchObject({ backup: 'app-20250302_120000Z_manual', verdict: 'proven' });
    const refused = Object.fromEntries(Object.entries(outcomes).flatMap(([name, { error }]) => (error ? [[name, error.message]] : [])));
    expect(refused).toEqual({
      'again.db': 'it is adopted already, as app-20250301_120000Z_manual',
      'cut.gz': expect.stringContaining('it is cut or damaged'),
      'half.db': expect.stringMatching(/damaged|not complete/),
      'bomb.gz': expect.stringContaining('--largest'),
      'readme.txt': expect.stringContaining('does not begin as a dump of SQLite'),
      'empty.db': 'it is empty',
      'page.sql': 'it is a dump of PostgreSQL, and app is a database of SQLite',
      'live.db': expect.stringContaining('lie in live.db-wal beside it'),
      'live.db-wal': expect.stringContaining('does not begin as a dump'),
      'future.db': expect.stringContaining('in the future'),
    });
    const keys = filesIn(join(folder, 'vault')).filter((key) => key.includes('backup_'));
    expect(keys.filter((key) => !/manual_backup_2025030[12]_12000[01]Z\./.test(key))).toEqual([]);
    expect(filesIn(join(folder, 'state')).filter((name) => name.includes('adopt-'))).toEqual([]);
    expect(await sauvegarde(folder, ['restore', 'app', '--into', 'back.sqlite3'])).toMatchObject({ status: 0 });
    expect(countRows(join(folder, 'back.sqlite3'))).toEqual(countRows(join(folder, 'other.sqlite3')));
    const shown = JSON.parse((await sauvegarde(folder, ['show', 'app-20250301_120000Z_manual', '--json'])).stdout) as { manifest: object };
    expect(shown.manifest).toMatchObject({ kind: 'manual', slot: '2025-03-01T12:00:00.000Z', reason: 'adopted from a.db', adopted: { file: 'a.db' } });
    const audit = JSON.parse((await sauvegarde(folder, ['audit', '--json'])).stdout) as { action: string; detail: string }[];
    expect(audit.filter(({ detail }) => detail.startsWith('adopted from ')).map(({ action }) => action)).toEqual([
      'backup-requested',
      'backup-requested',
      'backup-requested',
    ]);
  });

  it('never displaces the newest backup, and says which one the next rotation retires', async () => {
    const folder = project({ databases: { app: { engine: 'sqlite', file: 'app.sqlite3', keep: { last: 1, weekly: 0, monthly: 0, yearly: 0 } } } });
    expect(await sauvegarde(folder, ['backup', 'app'])).toMatchObject({ status: 0 });
    mkdirSync(join(folder, 'old'));
    cpSync(join(folder, 'app.sqlite3'), join(folder, 'old/same.db'));
    utimesSync(join(folder, 'old/same.db'), at('2025-03-01'), at('2025-03-01'));
    const { stdout, status } = await sauvegarde(folder, ['adopt', 'old', '--database', 'app']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/adopted as app-20250301_120000Z_manual: 103 rows in 3 tables, proven/);
    expect(stdout).toMatch(/the next rotation retires it \(older than the newest 1\); "sauvegarde hold app-20250301_120000Z_manual" keeps it/);
    expect((await sauvegarde(folder, ['show', 'app', '--json'])).stdout).not.toContain('20250301');
    expect(await sauvegarde(folder, ['rotate', 'app'])).toMatchObject({ status: 0 });
    const again = await sauvegarde(folder, ['adopt', 'old', '--database', 'app']);
    expect(again).toMatchObject({ status: 1, stdout: expect.stringContaining('"sauvegarde unretire app-20250301_120000Z_manual" brings it back') });
  });

  it("takes pg_dump's scripts with their roles, compressed or not, and refuses halves and other forms", { timeout: coldStart }, async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    const role = `owner_${database}`;
    await query(
      server,
      `CREATE ROLE "${role}"; CREATE EXTENSION hstore; CREATE TABLE t (id int PRIMARY KEY, note text, more hstore); INSERT INTO t VALUES (1, E'a\\tb', 'k=>v'), (2, NULL, NULL);
       ALTER TABLE t OWNER TO "${role}"; GRANT SELECT ON t TO PUBLIC; CREATE VIEW v AS SELECT note FROM t; CREATE SEQUENCE s; SELECT nextval('s');
       CREATE TABLE "Odd ""n" (z boolean, a numeric, d int GENERATED ALWAYS AS (b + 1) STORED, b int, x bytea, bits bit(3), "s;" text, i int GENERATED ALWAYS AS IDENTITY);
       INSERT INTO "Odd ""n" VALUES (true, 'NaN', DEFAULT, -1, '\\x00ff5c', B'101', E'it''s \\\\ (a, b);\n\t\b''', DEFAULT), (false, 1.50, DEFAULT, NULL, '', NULL, 'NULL', DEFAULT), (NULL, -0.1, DEFAULT, 7, NULL, NULL, 'é', DEFAULT);
       CREATE TABLE old (y int, x int); CREATE TABLE young (w text DEFAULT 'a, b', CHECK (w <> ',')) INHERITS (old); INSERT INTO young VALUES (1, 2, 'w');
       CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES; SELECT lo_from_bytea(0, 'large'::bytea);
       CREATE TABLE parts (id int) PARTITION BY RANGE (id); CREATE TABLE part1 PARTITION OF parts DEFAULT; INSERT INTO parts VALUES (3); CREATE INDEX ON t (note)`,
      { database },
    );
    const rows = 9;
    const env = { ...environmentOf(server), PATH: `${join(await toolsFolder(), 'bin')}:/usr/bin:/bin` };
    const pgDump = async (...options: string[]) => (await promisify(execFile)('pg_dump', [...options, '-d', database], { env, encoding: 'buffer' })).stdout;
    const script = await pgDump();
    const folder = project({ databases: { app: { engine: 'postgres', connection: { url: urlOf(server, database) } } } });
    mkdirSync(join(folder, 'old'));
    oldFile(folder, 'a.sql', '2025-03-01', script);
    const removing = await pgDump('--clean', '--if-exists', '--no-comments');
    oldFile(folder, 'b.sql.gz', '2025-03-02', gzipSync(removing));
    oldFile(folder, 'c.sql.zst', '2025-03-03', zstdCompressSync(await pgDump('--clean', '--no-owner')));
    const archive = await pgDump('--format=custom');
    oldFile(folder, 'd.dump', '2025-03-04', archive);
    oldFile(folder, 'half.dump', '2025-03-04', archive.subarray(0, archive.length - 300));
    oldFile(folder, 'half.sql', '2025-03-04', script.subarray(0, script.length - 200));
    oldFile(folder, 'inserts.sql', '2025-03-05', await pgDump('--inserts'));
    oldFile(folder, 'columns.sql.gz', '2025-03-05', gzipSync(await pgDump('--column-inserts', '--rows-per-insert=2', '--on-conflict-do-nothing')));
    oldFile(folder, 'tar.tar', '2025-03-05', await pgDump('--format=tar', '--clean'));
    await pgDump('--format=directory', `--file=${join(folder, 'old/folder')}`);
    utimesSync(join(folder, 'old/folder/toc.dat'), at('2025-03-05'), at('2025-03-05'));
    cpSync(join(folder, 'old/folder'), join(folder, 'old/lacking'), { recursive: true });
    for (const name of filesIn(join(folder, 'old/lacking'))
      .filter((each) => /^\d+\.dat/.test(each))
      .slice(0, 1))
      rmSync(join(folder, 'old/lacking', name));
    cpSync(join(folder, 'old/folder'), join(folder, 'old/linked'), { recursive: true });
    symlinkSync('/etc/passwd', join(folder, 'old/linked/9.dat'));
    oldFile(
      folder,
      'later.sql',
      '2025-03-06',
      removing.toString().replace('SELECT pg_catalog.setval', 'DROP TABLE IF EXISTS public.t;\nSELECT pg_catalog.setval'),
    );
    oldFile(folder, 'create.sql', '2025-03-06', await pgDump('--create'));
    oldFile(folder, 'called.sql', '2025-03-06', (await pgDump('--inserts')).toString().replace('VALUES (2, NULL', 'VALUES (2, now()::text'));
    oldFile(folder, 'hostile.sql', '2025-03-06', script.toString().replace('SET row_security = off;', 'SET row_security = off;\n\\! touch /tmp/never\n'));
    const { status, outcomes } = await adopted(folder, ['old']);
    expect(status).toBe(1);
    for (const name of ['a.sql', 'b.sql.gz', 'c.sql.zst', 'd.dump']) expect(outcomes[name]).toMatchObject({ verdict: 'proven', rows });
    for (const name of ['inserts.sql', 'columns.sql.gz', 'tar.tar', 'folder'])
      expect({ name, ...outcomes[name] }).toMatchObject({ name, verdict: 'proven', rows });
    expect(outcomes.lacking?.error?.message).toContain('pg_restore cannot make a script of it');
    expect(outcomes.linked?.error?.message).toContain('its folder holds "9.dat", which is no file');
    expect(outcomes['later.sql']?.error?.message).toContain(
      'a statement that pg_dump writes only with options such as --create, or does not write: DROP TABLE',
    );
    expect(outcomes['create.sql']?.error?.message).toMatch(/--create/);
    expect(outcomes['called.sql']?.error?.message).toContain('an INSERT that pg_dump does not write');
    expect(outcomes['half.dump']?.error?.message).toContain('pg_restore cannot make a script of it');
    expect(outcomes['half.sql']?.error?.message).toContain("without pg_dump's closing lines");
    expect(outcomes['hostile.sql']?.error?.message).toContain('a command of psql');
    const shown = JSON.parse((await sauvegarde(folder, ['show', 'app-20250301_120000Z_manual', '--json'])).stdout) as { scan: { source: object } };
    expect(shown.scan.source).toMatchObject({ roles: expect.arrayContaining([role]), owners: expect.arrayContaining([role]), encoding: 'UTF8' });
    expect(shown.scan.source).toMatchObject({ extensions: [{ name: 'hstore', schema: 'public' }] });
    const into = await newDatabase(server);
    expect(await sauvegarde(folder, ['restore', 'app-20250301_120000Z_manual', '--into', 'env:INTO'], { env: { INTO: urlOf(server, into) } })).toMatchObject({
      status: 0,
    });
    expect(await query(server, "SELECT tableowner || (SELECT count(*) FROM t) FROM pg_tables WHERE tablename = 't'", { database: into })).toBe(`${role}2`);
  });

  it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
    "takes dumps of %s's own tool as it writes them by default, and a statement a row with the columns' names",
    { timeout: coldStart },
    async (name) => {
      const server = await mysqlServer(name);
      const database = await newMysqlDatabase(server);
      await mysqlQuery(
        server,
        `CREATE TABLE t (id int PRIMARY KEY, note varchar(20), b varbinary(8)); INSERT INTO t VALUES (1, 'é''x', x'00ff27'), (2, NULL, NULL);
       CREATE VIEW v AS SELECT note FROM t; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.note = 'x'`,
        { database },
      );
      const dumpTool = await testWork().tools.client(dumpToolOf[server.family], never);
      const dumped = async (...words: string[]) =>
        (
          await promisify(execFile)(
            dumpTool.command,
            [...dumpTool.args, '--no-defaults', `--socket=${server.socket}`, '--user=root', `--ssl-ca=${server.ca}`, ...words],
            {
              env: { ...dumpTool.env },
              encoding: 'buffer',
            },
          )
        ).stdout;
      const folder = project({ databases: { app: { engine: 'mysql', connection: { url: mysqlUrl(server, database) } } } });
      mkdirSync(join(folder, 'old'));
      const script = await dumped('--complete-insert', '--skip-extended-insert', '--hex-blob', database);
      oldFile(folder, 'complete.sql', '2025-03-01', script);
      oldFile(folder, 'b.sql.gz', '2025-03-02', gzipSync(await dumped(database)));
      oldFile(folder, 'half.sql', '2025-03-03', script.subarray(0, script.length - 60));
      oldFile(folder, 'wrong.sql', '2025-03-05', Buffer.from(script.toString('latin1').replace('(2,NULL,', `(2,'${'y'.repeat(30)}',`), 'latin1'));
      oldFile(folder, 'all.sql', '2025-03-04', await dumped('--databases', database));
      oldFile(folder, 'bare.sql', '2025-03-08', await dumped('--skip-opt', '--complete-insert', database));
      oldFile(folder, 'replaces.sql', '2025-03-09', await dumped('--replace', database));
      const { status, outcomes } = await adopted(folder, ['old']);
      expect(outcomes).toMatchObject({
        'complete.sql': { verdict: 'proven', rows: 2 },
        'b.sql.gz': { verdict: 'proven', rows: 2 },
        'half.sql': { error: { message: expect.stringContaining("without its tool's closing line") } },
        'wrong.sql': { error: { name: 'BackupRefutedError' } },
        'all.sql': { error: { message: expect.stringContaining('without --databases') } },
        'bare.sql': { error: { message: expect.stringContaining('before or after its settings') } },
        'replaces.sql': { error: { message: expect.stringContaining('REPLACE') } },
      });
      expect(status).toBe(1);
      const stored = filesIn(join(folder, 'vault')).filter((key) => key.includes('_20250305_') && !key.startsWith('.retired'));
      expect(stored).toEqual([]);
      const into = await newMysqlDatabase(server);
      const restored = await sauvegarde(folder, ['restore', 'app-20250301_120000Z_manual', '--into', 'env:INTO'], { env: { INTO: mysqlUrl(server, into) } });
      expect(restored).toMatchObject({ status: 0 });
      expect(await mysqlQuery(server, 'SELECT CONCAT(note, HEX(b)) FROM t WHERE id = 1', { database: into })).toBe("é'x00FF27");
    },
  );
});
