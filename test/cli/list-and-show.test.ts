import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { backupOf, putBackup } from '../support/backups.ts';
import { preparedProject, program, project, sauvegarde } from '../support/cli.ts';
import { request, testPlatform } from '../support/platform.ts';

const databases = { app: { engine: 'sqlite', file: 'app.sqlite3' } } as const;

/** With a retired, a refuted and a held backup. */
const prepared = preparedProject({ timeZone: 'America/Cayenne' }, async (platform) => {
  await putBackup(platform, backupOf('2026-11-20T02:00:00Z', { status: 'retired', retiredAt: '2026-11-21T02:00:00.000Z' }));
  await putBackup(platform, backupOf('2026-11-21T02:00:00Z', { proof: { verdict: 'refuted' } }));
  await putBackup(platform, backupOf('2026-11-22T02:00:00Z', { size: 1_234_567, hold: { by: 'cli:alice', since: '2026-11-22T02:00:00Z', reason: '' } }));
});

describe('list', () => {
  it('is a table, newest first, times in the configured zone, without the retired', async () => {
    const { status, stdout, stderr } = await sauvegarde(prepared(), ['list', 'app']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      'BACKUP                SLOT (AMERICA/CAYENNE)    DATA OF                   STATUS     PROOF      SIZE  ROWS  HOLD',
      'app-20261122_020000Z  Sat 21 Nov 2026 23:00:00  Sat 21 Nov 2026 23:00:00  published  none     1.2 MB     3  held by cli:alice',
      'app-20261121_020000Z  Fri 20 Nov 2026 23:00:00  Fri 20 Nov 2026 23:00:00  published  refuted    10 B     3',
    ]);
  });

  it('shows with --all the retired ones too; --json is a list of records', async () => {
    const folder = prepared();
    expect((await sauvegarde(folder, ['list', '--all'])).stdout).toMatch(/^app-20261120_020000Z .* retired /m);
    const [some, all] = [await sauvegarde(folder, ['list', '--json']), await sauvegarde(folder, ['list', '--all', '--json'])];
    expect(JSON.parse(some.stdout)).toMatchObject([
      { id: 'app-20261122_020000Z', database: 'app', slot: '2026-11-22T02:00:00.000Z', status: 'published', size: 1_234_567 },
      { id: 'app-20261121_020000Z', proof: { verdict: 'refuted' } },
    ]);
    expect(JSON.parse(all.stdout)).toHaveLength(3);
  });

  it('--runs shows runs with their attempts and why they failed', async () => {
    const folder = project();
    const platform = await testPlatform({ folder, config: { databases: { app: { engine: 'sqlite', file: 'gone.sqlite3' } } } });
    await runBackup(platform, request('2026-11-22T02:00:00Z', 'app'), new AbortController().signal);
    const { status, stdout } = await sauvegarde(folder, ['list', '--runs']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^RUN .*STATUS .*ATTEMPTS .*ASKED BY .*ERROR$/m);
    expect(stdout).toMatch(/^app-20261122_020000Z .* failed +4 +test +SourceMissingError: there is no file .*gone\.sqlite3$/m);
    const json = await sauvegarde(folder, ['list', 'app', '--runs', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject([{ id: 'app-20261122_020000Z', status: 'failed', attempts: 4 }]);
  });

  it('of nothing says how to make one; --json is an empty list', async () => {
    const folder = project();
    expect(await sauvegarde(folder, ['list'])).toMatchObject({ status: 0, stdout: 'the catalogue has no backups; "sauvegarde backup" makes one\n' });
    expect(await sauvegarde(folder, ['list', '--json'])).toMatchObject({ status: 0, stdout: '[]\n' });
  });

  it('still lists the backups of a database that is no longer configured', async () => {
    const folder = project();
    const platform = await testPlatform({ folder, config: { databases } });
    await putBackup(platform, backupOf('2026-11-22T02:00:00Z', { database: 'former' }));
    expect((await sauvegarde(folder, ['list', 'former'])).stdout).toContain('former-20261122_020000Z');
  });

  it('into a reader that stops early is no failure', async () => {
    const folder = prepared();
    const status = execFileSync(
      'sh',
      ['-c', '{ "$0" "$1" list --json; echo $? >&3; } 3>&1 >/dev/full 2>/dev/null | tail -1; "$0" "$1" list --json | true', process.execPath, program],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(status).toBe('1\n'); // a full disk, however, is one
  });
});

describe('show', () => {
  it('tells where the backup lies, its proof, its tables, its history, and how to restore it by hand', async () => {
    const folder = project();
    const platform = await testPlatform({ folder, config: { databases } });
    await runBackup(platform, request('2026-11-22T02:00:00Z', 'app'), new AbortController().signal);
    const { status, stdout, stderr } = await sauvegarde(folder, ['show', 'app']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^app-20261122_020000Z\n/);
    expect(stdout).toContain(join(folder, 'vault/app/2026/11/backup_20261122_020000Z.sqlite3.zst'));
    expect(stdout).toMatch(/proof {5}proven: restored and compared/);
    expect(stdout).toMatch(/^person +50 +.*[0-9a-f]{16}$/m);
    expect(stdout).toMatch(/zstd -d backup_20261122_020000Z\.sqlite3\.zst/);
    expect(stdout).toMatch(/history\n.*backup-published by test/);
    const json = await sauvegarde(folder, ['show', 'app-20261122_020000Z', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      backup: { id: 'app-20261122_020000Z' },
      manifest: { format: 'sauvegarde-manifest', id: 'app-20261122_020000Z', dump: { key: 'app/2026/11/backup_20261122_020000Z.sqlite3.zst' } },
      scan: { format: 'sauvegarde-scan' },
      proof: { verdict: 'proven', differences: [] },
      history: [{ action: 'backup-published' }, { action: 'backup-requested' }],
    });
  });

  it('of a retired backup says how to bring it back', async () => {
    const { status, stdout } = await sauvegarde(prepared(), ['show', 'app-20261120_020000Z']);
    expect(status).toBe(0);
    expect(stdout).toBe('app-20261120_020000Z is retired since Fri 20 Nov 2026 23:00:00; "sauvegarde unretire app-20261120_020000Z" brings it back\n');
  });

  it('of a backup whose manifest cannot be read exits with 4', async () => {
    const { status, stderr } = await sauvegarde(prepared(), ['show', 'app']);
    expect(status).toBe(4);
    expect(stderr).toMatch(/manifest\.json is not JSON/);
  });
});

describe('on a terminal of 80 columns', () => {
  const long = 'an-uncommonly-long-name-of-a-database-x';
  const longPrepared = preparedProject(
    { timeZone: 'America/Cayenne', databases: { [long]: { engine: 'sqlite', file: 'app.sqlite3' }, gone: { engine: 'sqlite', file: 'no/such/app.sqlite3' } } },
    async (platform) => {
      await runBackup(platform, request('2026-11-22T02:00:00Z', long), new AbortController().signal);
      await runBackup(platform, request('2026-11-22T02:00:00Z', 'gone'), new AbortController().signal);
      const hold = { by: 'cli:somebody.with.a.long.name', since: '2026-11-22T02:00:00Z', reason: 'words of a long reason '.repeat(9) };
      await platform.catalogue.backups.change(`${long}-20261122_020000Z`, (backup) => ({ ...backup, hold }));
      await platform.catalogue.audit.append({ at: hold.since, by: hold.by, claimed: true, action: 'held', subject: long, detail: hold.reason });
    },
  );
  const wordsOf = (text: string) => text.replaceAll(/\d+/g, '0').split(/\s+/).sort();

  it.each([['list'], ['list', '--runs'], ['status'], ['audit'], ['rotate', '--dry-run'], ['show', long], ['show', 'nothing'], ['verify', long], ['doctor']])(
    '%s %s is no wider, and every word of it is whole',
    async (...words) => {
      const folder = longPrepared();
      const [narrow, wide] = [await sauvegarde(folder, words, { columns: 80 }), await sauvegarde(folder, words)];
      // biome-ignore lint/suspicious/noControlCharactersInRegex: progress is drawn with them
      const drawn = /\r([^\n\r\u001b]*)\u001b\[K/g;
      for (const [, line = ''] of narrow.stderr.matchAll(drawn)) expect(line).toMatch(/^(?:\S+: \w+ ([\d.]+) kB of(?: \1.*)?)?$/);
      const said = narrow.stdout + narrow.stderr.replaceAll(drawn, '');
      // what is longer than a line: a path, a checksum, a command to copy
      const tooWide = said.split('\n').filter((line) => line.length > 80 && line.trim().includes(' ') && !/^ {2}(zstd|echo|sqlite3)/.test(line));
      expect(tooWide).toEqual([]);
      if (words[0] !== 'status') expect(wordsOf(said)).toEqual(wordsOf(wide.stdout + wide.stderr.replaceAll(/^\S+Z /gm, '')));
    },
  );

  it('a table that is too wide goes on in indented lines', async () => {
    const { stdout } = await sauvegarde(prepared(), ['list'], { columns: 80 });
    expect(stdout.trimEnd().split('\n')).toEqual([
      'BACKUP                SLOT (AMERICA/CAYENNE)    DATA OF',
      '  STATUS     PROOF      SIZE  ROWS  HOLD',
      'app-20261122_020000Z  Sat 21 Nov 2026 23:00:00  Sat 21 Nov 2026 23:00:00',
      '  published  none     1.2 MB     3  held by cli:alice',
      'app-20261121_020000Z  Fri 20 Nov 2026 23:00:00  Fri 20 Nov 2026 23:00:00',
      '  published  refuted    10 B     3',
    ]);
  });
});

describe('diff', () => {
  it('compares what two backups hold, and refuses what cannot be compared', async () => {
    const folder = project({ databases });
    const platform = await testPlatform({ folder, config: { databases } });
    await runBackup(platform, request('2026-11-22T02:00:00Z', 'app'), new AbortController().signal);
    {
      using database = new DatabaseSync(join(folder, 'app.sqlite3'));
      const { name } = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' LIMIT 1").get() as { name: string };
      database.exec(`PRAGMA foreign_keys = OFF; CREATE TABLE invoice (id INTEGER PRIMARY KEY); INSERT INTO invoice VALUES (1), (2); DELETE FROM "${name}"`);
    }
    await runBackup(platform, request('2026-11-23T02:00:00Z', 'app'), new AbortController().signal);
    const { status, stdout } = await sauvegarde(folder, ['diff', 'app-20261122_020000Z', 'app']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^from app-20261122_020000Z, read .*\nto {3}app-20261123_020000Z, read /);
    expect(stdout).toContain('+ table invoice, 2 rows');
    expect(stdout).toMatch(/~ table \w+: 0 rows, before \d+/);
    const { tables } = JSON.parse((await sauvegarde(folder, ['diff', 'app', 'app-20261122_020000Z', '--json'])).stdout);
    expect(tables.gone).toEqual([{ name: 'invoice', rows: 2 }]);
    expect((await sauvegarde(folder, ['diff', 'app', 'app'])).stdout).toContain('nothing differs in 4 tables');
    expect(await sauvegarde(folder, ['diff', 'app', 'app-20261101_020000Z'])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('there is no backup'),
    });
    expect((await sauvegarde(folder, ['diff', 'app'])).stderr).toContain("missing required argument 'other'");
  });

  it('reads no files of a backup that is retired', async () => {
    const refused = await sauvegarde(prepared(), ['diff', 'app-20261120_020000Z', 'app']);
    expect(refused.stderr).toContain('app-20261120_020000Z is retired; its files cannot be read');
  });
});
