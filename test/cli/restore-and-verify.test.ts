import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { preparedProject, sauvegarde, start } from '../support/cli.ts';
import { flipByte } from '../support/flip-byte.ts';
import { filesIn } from '../support/folder.ts';
import { mailsOf } from '../support/mail.ts';
import { request } from '../support/platform.ts';
import { countRows, sampleDatabase } from '../support/sqlite.ts';

const dump = 'vault/app/2026/11/backup_20261122_020000Z.sqlite3.zst';
const targets = {
  spare: { engine: 'sqlite', file: 'spare.sqlite3' },
  server: { engine: 'postgres', connection: { url: { env: 'NOT_SET' } } },
} as const;
const prepared = preparedProject({ administrators: ['admin@example.org'], targets }, (platform) =>
  runBackup(platform, request('2026-11-22T02:00:00Z', 'app'), new AbortController().signal),
);
let folder: string;

beforeEach(() => {
  folder = prepared();
});

describe('restore', () => {
  it('writes a database with the rows that were backed up', async () => {
    const { status, stdout } = await sauvegarde(folder, ['restore', 'app', '--into', 'new.sqlite3']);
    expect(status).toBe(0);
    expect(stdout).toBe(`app-20261122_020000Z restored into ${join(folder, 'new.sqlite3')}: 103 rows in 3 tables, equal to what was backed up\n`);
    expect(countRows(join(folder, 'new.sqlite3'))).toEqual(countRows(join(folder, 'app.sqlite3')));
  });

  it('refuses to replace a database; with --force it sets it aside and says where', async () => {
    sampleDatabase(join(folder, 'old.sqlite3'), { rows: 7 });
    const refused = await sauvegarde(folder, ['restore', 'app', '--into', 'old.sqlite3']);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('old.sqlite3 already exists; nothing was changed');
    expect(countRows(join(folder, 'old.sqlite3'))).toMatchObject({ person: 7 });
    const { status, stdout } = await sauvegarde(folder, ['restore', 'app', '--into', 'old.sqlite3', '--force', '--json']);
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as { replaced: string; kept: string };
    expect(answer).toMatchObject({ backup: 'app-20261122_020000Z', into: join(folder, 'old.sqlite3'), rows: 103, tables: 3 });
    expect(countRows(join(folder, 'old.sqlite3'))).toMatchObject({ person: 50 });
    expect(countRows(answer.replaced)).toMatchObject({ person: 7 });
    expect(answer.kept).toMatch(/^app-replaced-\d{8}_\d{6}Z_manual$/);
    expect(JSON.parse((await sauvegarde(folder, ['show', answer.kept, '--json'])).stdout)).toMatchObject({
      backup: { database: 'app-replaced', status: 'published', proof: { verdict: 'proven' } },
      manifest: { reason: 'replaced by the restore of app-20261122_020000Z' },
    });
    expect((await sauvegarde(folder, ['restore', 'app-replaced', '--into', 'before.sqlite3'])).status).toBe(0);
    expect(countRows(join(folder, 'before.sqlite3'))).toMatchObject({ person: 7 });
    expect((await sauvegarde(folder, ['show', 'app', '--json'])).stdout).toContain('"id": "app-20261122_020000Z"'); // still its newest
  });

  it('replaces nothing that cannot be backed up first, unless it is told to', async () => {
    writeFileSync(join(folder, 'old.sqlite3'), 'mine');
    const refused = await sauvegarde(folder, ['restore', 'app', '--into', 'old.sqlite3', '--force']);
    expect(refused).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/could not be backed up first: .*not an SQLite database.*--no-backup/s),
    });
    expect(readFileSync(join(folder, 'old.sqlite3'), 'utf8')).toBe('mine');
    expect(mailsOf({ state: join(folder, 'state') })).toEqual([]);
    expect((await sauvegarde(folder, ['restore', 'app', '--into', 'old.sqlite3', '--force', '--no-backup'])).status).toBe(0);
  });

  it('into a target of the configuration checks it as any other, once the name of the database was typed', async () => {
    const spare = join(folder, 'spare.sqlite3');
    const restored = await sauvegarde(folder, ['restore', 'app', '--to', 'spare', '--yes', 'app']);
    expect(restored).toMatchObject({ status: 0, stdout: expect.stringMatching(/restored into .*spare\.sqlite3: 103 rows in 3 tables, equal/) });
    expect(countRows(spare)).toEqual(countRows(join(folder, 'app.sqlite3')));
    const again = await sauvegarde(folder, ['restore', 'app', '--to', 'spare', '--yes', 'app']);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringMatching(/spare\.sqlite3 already exists; nothing was changed/) });
    expect(await sauvegarde(folder, ['restore', 'app', '--to', 'spare', '--yes', 'app', '--force'])).toMatchObject({ status: 0 });
    const { stdout } = await sauvegarde(folder, ['audit', '--json']);
    expect((JSON.parse(stdout) as { action: string }[]).slice(0, 4).map(({ action }) => action)).toEqual([
      'restored',
      'backup-published',
      'refused',
      'restored',
    ]);
  });

  it.each<[string, string[], number, RegExp]>([
    ['another name', ['--to', 'spare', '--yes', 'spare'], 1, /the name of the database was not confirmed: type app to restore it into spare .*--yes app/],
    ['no name, and nobody to ask', ['--to', 'spare'], 1, /the name of the database was not confirmed/],
    ['a target of another engine', ['--to', 'server', '--yes', 'app'], 1, /is of the engine sqlite, and the target server of postgres; nothing was changed/],
    ['a target that is none', ['--to', '__proto__', '--yes', 'app'], 2, /no target is called "__proto__"; declared: spare, server/],
    ['two targets', ['--to', 'spare', '--into', 'x.sqlite3'], 2, /name the target: either --to NAME of the configuration, or --into/],
    ['no target', [], 2, /name the target/],
  ])('with %s changes nothing', async (_, words, status, why) => {
    const before = filesIn(folder).filter((file) => !file.includes('state'));
    expect(await sauvegarde(folder, ['restore', 'app', ...words])).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(why) });
    expect(filesIn(folder).filter((file) => !file.includes('state'))).toEqual(before);
  });

  it.each(['--no-owner', '--no-privileges', '--with-roles'])('of a file knows no %s, and says so', async (option) => {
    const { status, stderr } = await sauvegarde(folder, ['restore', 'app', '--into', 'new.sqlite3', option]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/a SQLite file knows no (owners and grants|roles); restore without/) });
    expect(existsSync(join(folder, 'new.sqlite3'))).toBe(false);
  });

  it('of bytes that have changed exits with 4; what was there stays and nothing else is left', async () => {
    flipByte(join(folder, dump));
    writeFileSync(join(folder, 'old.sqlite3'), 'mine');
    const before = filesIn(folder);
    const { status, stdout, stderr } = await sauvegarde(folder, ['restore', 'app', '--into', 'old.sqlite3', '--force', '--no-backup']);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toMatch(/its bytes were changed\nThe stored bytes have changed\./);
    expect(readFileSync(join(folder, 'old.sqlite3'), 'utf8')).toBe('mine');
    expect(filesIn(folder)).toEqual(before);
  });
});

describe('restore --tables', () => {
  it('brings single tables back, equal, and nothing of the others', async () => {
    const { status, stdout } = await sauvegarde(folder, ['restore', 'app', '--into', 'part.sqlite3', '--tables', 'person']);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('equal to what was backed up') });
    expect(countRows(join(folder, 'part.sqlite3'))).toEqual({ person: 50 });
    expect(filesIn(join(folder, 'state')).filter((name) => name.includes('part-'))).toEqual([]);
  });

  it.each([
    [['--tables', 'person,nobody'], 3, /the backup has no table "nobody"; it has .*person/],
    [['--schemas', 'public'], 3, /no table in a schema "public"/],
    [['--tables', 'person', '--schemas', 'public'], 2, /name tables or schemas, not both/],
    [['--tables', 'person', '--with-roles'], 2, /--with-roles is for whole backups/],
    [['--tables', 'person,'], 2, /Write names with commas between them/],
  ])('%j is refused, and nothing is made', async (words, status, said) => {
    const refused = await sauvegarde(folder, ['restore', 'app', '--into', 'part.sqlite3', ...words]);
    expect(refused).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(said) });
    expect(existsSync(join(folder, 'part.sqlite3'))).toBe(false);
  });
});

describe('open', () => {
  const opened = async () => {
    const running = start(folder, ['open', 'app', '--json'], { stdin: 'pipe' });
    await running.until(/press Enter/);
    return { running, file: (JSON.parse(running.said.stdout) as { address: string }).address };
  };

  it('restores into a file that lives until Enter is pressed', async () => {
    const { running, file } = await opened();
    expect(statSync(file).mode & 0o777).toBe(0o400);
    expect(countRows(file)).toEqual(countRows(join(folder, 'app.sqlite3')));
    running.enter();
    expect((await running.ended).status).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('leaves nothing behind the next start when it is killed', async () => {
    const { running, file } = await opened();
    process.kill(running.pid, 'SIGKILL');
    await running.ended;
    expect((await sauvegarde(folder, ['list'])).status).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});

describe('verify', () => {
  it('proves a backup again, and the proof goes beside it', async () => {
    const { status, stdout } = await sauvegarde(folder, ['verify', 'app']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^app-20261122_020000Z: proven in [\d.]+ s: restored, checked and compared with what was backed up\n$/);
    expect(filesIn(join(folder, 'vault/app')).filter((key) => /\.proof-\d{8}_\d{6}Z\.json$/.test(key))).toHaveLength(1);
    const json = await sauvegarde(folder, ['verify', 'app-20261122_020000Z', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ format: 'sauvegarde-proof', backup: 'app-20261122_020000Z', verdict: 'proven', differences: [] });
  });

  it('of bytes that have changed exits with 4, tells the administrators, and the backup counts no more', async () => {
    flipByte(join(folder, dump));
    const { status, stdout, stderr } = await sauvegarde(folder, ['verify', 'app']);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toMatch(/app-20261122_020000Z cannot be restored: .*its bytes were changed.*It no longer counts/);
    expect(mailsOf({ state: join(folder, 'state') })).toEqual([expect.stringContaining('a backup cannot be restored')]);
    expect((await sauvegarde(folder, ['list'])).stdout).toMatch(/^app-20261122_020000Z .* refuted /m);
    const show = await sauvegarde(folder, ['show', 'app']);
    expect(show.status).toBe(3);
    expect(show.stderr).toContain('database app has no good backup yet');
  });
});

it('a refuted backup can still be restored by its id when its bytes are sound again, and not when they are not', async () => {
  flipByte(join(folder, dump));
  const { status, stdout } = await sauvegarde(folder, ['verify', 'app', '--json']);
  expect(status).toBe(4);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'refuted', differences: [expect.stringContaining('its bytes were changed')] });
  expect((await sauvegarde(folder, ['restore', 'app-20261122_020000Z', '--into', 'new.sqlite3'])).status).toBe(4);
  expect(existsSync(join(folder, 'new.sqlite3'))).toBe(false);
  flipByte(join(folder, dump));
  expect((await sauvegarde(folder, ['restore', 'app-20261122_020000Z', '--into', 'new.sqlite3'])).status).toBe(0);
});
