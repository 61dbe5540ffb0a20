import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, sauvegarde, start } from '../support/cli.ts';
import { filesIn } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { holding } from '../support/other-process.ts';
import { sampleDatabase } from '../support/sqlite.ts';

const id = /^app-\d{8}_\d{6}Z_manual$/;
const two = { databases: { app: { engine: 'sqlite', file: 'app.sqlite3' }, shop: { engine: 'sqlite', file: 'shop.sqlite3' } } } as const;

describe('backup', () => {
  it('says on standard output where the backup is, its size, its time and its proof; talk goes to standard error', async () => {
    const folder = project();
    const { status, stdout, stderr } = await sauvegarde(folder, ['backup', 'app']);
    expect(status).toBe(0);
    const [first = '', stored = '', proof = '', ...rest] = stdout.trimEnd().split('\n');
    expect(first).toMatch(/^app-\d{8}_\d{6}Z_manual: backed up [\d.]+ kB \(3 tables, 103 rows\) in [\d.]+ s$/);
    expect(existsSync(/stored {3}(\S+) \([\d.]+ k?B\)$/.exec(stored)?.[1] ?? '')).toBe(true);
    expect(proof).toMatch(/^ {2}proof {4}proven: restored and compared in [\d.]+ s$/);
    expect(rest).toEqual([]);
    expect(filesIn(join(folder, 'state'))).toEqual(['catalogue.sqlite3']); // no temporary file and no sign of its process
    expect(filesIn(join(folder, 'vault', '.unfinished'))).toEqual([]);
    expect(stderr).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ app-\S+: started\n.*dumping app \(attempt 1\)\n(?:.*: copying .*\n)*.*proving by restoring\n(?:.* %\).*\n)*.*published\n$/,
    ); // how far it is, where that takes a second
  });

  it('backs up every configured database when none is named; --json is a list of their records', async () => {
    const folder = project(two);
    sampleDatabase(join(folder, 'shop.sqlite3'), { rows: 5 });
    const { status, stdout } = await sauvegarde(folder, ['backup', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { id: expect.stringMatching(id), database: 'app', kind: 'manual', status: 'published', rows: 103, tables: 3, proof: { verdict: 'proven' } },
      { database: 'shop', rows: 13 },
    ]);
  });

  it('that fails exits with 1, says why and what to try, leaves nothing in the vault, and tells the administrators', async () => {
    const folder = project({ administrators: ['admin@example.org'] });
    writeFileSync(join(folder, 'app.sqlite3'), 'this is no database at all');
    const { status, stdout, stderr } = await sauvegarde(folder, ['backup']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/error: .*app\.sqlite3 is not an SQLite database.*\nCheck that the path names the database itself.*\n$/);
    expect(stderr.match(/is not an SQLite database/g)).toHaveLength(1);
    expect(filesIn(join(folder, 'vault'))).toEqual([]);
    expect(mailsOf({ state: join(folder, 'state') })).toEqual([expect.stringContaining('is not an SQLite database')]);
    const runs = await sauvegarde(folder, ['list', '--runs', '--json']);
    expect(JSON.parse(runs.stdout)).toMatchObject([{ status: 'failed', attempts: 1, error: { name: 'SourceUnreadableError' } }]);
  });

  describe('of every database, one of which has a failing backup,', () => {
    const failing = () => {
      const folder = project({ ...two, administrators: ['admin@example.org'] });
      writeFileSync(join(folder, 'app.sqlite3'), 'this is no database at all');
      sampleDatabase(join(folder, 'shop.sqlite3'), { rows: 5 });
      return folder;
    };

    it('goes on with the others, prints their backups, and ends with the error, what to try, and 1', async () => {
      const { status, stdout, stderr } = await sauvegarde(failing(), ['backup']);
      expect(status).toBe(1);
      expect(stdout).toMatch(/^shop-\S+_manual: backed up .*\n {2}stored .*\n {2}proof .*\n$/);
      expect(stderr).toMatch(/error: app: .*app\.sqlite3 is not an SQLite database.*\nCheck that the path names the database itself.*\n$/);
    });

    it('lists it with its error under --json, in the order of the configuration', async () => {
      const { status, stdout } = await sauvegarde(failing(), ['backup', '--json']);
      expect(status).toBe(1);
      const [app, shop, ...others] = JSON.parse(stdout);
      expect(app).toEqual({ database: 'app', status: 'failed', error: { name: 'SourceUnreadableError', message: expect.stringContaining('app.sqlite3') } });
      expect(shop).toMatchObject({ database: 'shop', status: 'published', proof: { verdict: 'proven' } });
      expect(others).toEqual([]);
    });

    it('says so of each that fails; the status is theirs', async () => {
      const folder = failing();
      writeFileSync(join(folder, 'shop.sqlite3'), 'nor is this one');
      const { status, stdout, stderr } = await sauvegarde(folder, ['backup']);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/error: app: .*\n.*\n.*error: shop: .*\n.*\n$/);
    });

    it('stops at once on Ctrl-C, and says what had failed until then', async () => {
      const folder = failing();
      await holding(join(folder, 'shop.sqlite3'), 'BEGIN EXCLUSIVE');
      const running = start(folder, ['backup', '--json']);
      await running.until(/dumping shop/);
      process.kill(running.pid, 'SIGINT');
      const { status, stdout, stderr } = await running.ended;
      expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
      expect(stderr).toMatch(/error: app: .*app\.sqlite3 is not an SQLite database/);
      expect(stderr).not.toContain('error: shop:');
    });
  });
});

it('a lost catalogue is rebuilt from the vault', async () => {
  const folder = project();
  await sauvegarde(folder, ['backup']);
  rmSync(join(folder, 'state'), { recursive: true });
  const { stdout, stderr } = await sauvegarde(folder, ['list', '--json']);
  expect(JSON.parse(stdout)).toMatchObject([{ database: 'app', rows: 103, proof: { verdict: 'proven' } }]);
  expect(stderr).toContain('it was rebuilt from 1 backup in');
});
