import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfigFile } from '../../core/config/config-file.ts';
import { openLocalPlatform } from '../../local/open-platform.ts';
import { backupOf, putBackup } from '../support/backups.ts';
import { preparedProject, sauvegarde } from '../support/cli.ts';
import { TestClock } from '../support/clock.ts';
import { filesIn } from '../support/folder.ts';
import { TestLog } from '../support/log.ts';

const databases = { app: { engine: 'sqlite', file: 'app.sqlite3', keep: 2 }, 'app-2': { engine: 'sqlite', file: 'app.sqlite3', keep: 2 } } as const;
const prepared = preparedProject({ databases }, async (platform) => {
  for (const database of ['app', 'app-2']) for (const day of [1, 2, 3]) await putBackup(platform, backupOf(`2026-11-0${day}T02:00:00Z`, { database }));
});
let folder: string;

beforeEach(() => {
  folder = prepared();
});

const visible = () => filesIn(join(folder, 'vault/app')).filter((key) => key.endsWith('.manifest.json'));

describe('rotate', () => {
  it('--dry-run prints the plan with a reason for every backup, and changes nothing', async () => {
    const before = filesIn(join(folder, 'vault'));
    const { status, stdout, stderr } = await sauvegarde(folder, ['rotate', 'app', '--dry-run']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      'BACKUP                SLOT (UTC)                PLAN    REASON',
      'app-20261103_020000Z  Tue 03 Nov 2026 02:00:00  keep    number 1 of the newest 2',
      'app-20261102_020000Z  Mon 02 Nov 2026 02:00:00  keep    number 2 of the newest 2',
      'app-20261101_020000Z  Sun 01 Nov 2026 02:00:00  retire  older than the newest 2',
    ]);
    expect(filesIn(join(folder, 'vault'))).toEqual(before);
  });

  it('does what its plan says, to the database that is named and to no other', async () => {
    const plan = await sauvegarde(folder, ['rotate', 'app', '--dry-run', '--json']);
    const done = await sauvegarde(folder, ['rotate', 'app', '--json']);
    expect(done.status).toBe(0);
    expect(JSON.parse(done.stdout)).toEqual(JSON.parse(plan.stdout));
    expect(JSON.parse(done.stdout)).toContainEqual({
      backup: 'app-20261101_020000Z',
      slot: '2026-11-01T02:00:00.000Z',
      keep: false,
      reason: 'older than the newest 2',
    });
    expect(visible()).toEqual(['2026/11/backup_20261102_020000Z.manifest.json', '2026/11/backup_20261103_020000Z.manifest.json']);
    expect(filesIn(join(folder, 'vault/app-2'))).toHaveLength(9);
  });

  it('of all databases rotates each', async () => {
    const { stdout } = await sauvegarde(folder, ['rotate']);
    expect(stdout).toMatch(/^app-20261101_020000Z .* retired +older than the newest 2$/m);
    expect(stdout).toMatch(/^app-2-20261101_020000Z .* retired +older than the newest 2$/m);
    expect(filesIn(join(folder, 'vault/app-2'))).toHaveLength(6);
  });
});

it('hold, release, retire and unretire carry out their orders and say so', async () => {
  const oldest = 'app-20261101_020000Z';
  const held = await sauvegarde(folder, ['hold', oldest, '--reason', 'before the migration', '--json']);
  expect(JSON.parse(held.stdout)).toMatchObject({ id: oldest, hold: { by: expect.stringMatching(/^cli:/), reason: 'before the migration' } });
  await sauvegarde(folder, ['rotate', 'app']);
  expect(visible()).toHaveLength(3);

  expect(await sauvegarde(folder, ['release', oldest])).toMatchObject({
    status: 0,
    stdout: `${oldest} is no longer held; rotation treats it like any other\n`,
  });
  await sauvegarde(folder, ['rotate', 'app']);
  expect(visible()).toHaveLength(2);

  expect(await sauvegarde(folder, ['unretire', oldest])).toMatchObject({ status: 0, stdout: `${oldest} is back, and held until you release it\n` });
  await sauvegarde(folder, ['rotate', 'app']);
  expect(visible()).toHaveLength(3);

  expect(await sauvegarde(folder, ['retire', oldest])).toMatchObject({ status: 1, stderr: expect.stringContaining('is held by cli:') });
  await sauvegarde(folder, ['release', oldest]);
  expect(await sauvegarde(folder, ['retire', oldest])).toMatchObject({ status: 0, stdout: `${oldest} is retired and counts no more\n` });
  expect(visible()).toHaveLength(2);
});

it('a lost vault is begun again by a word, which one that is there refuses', async () => {
  const vault = join(folder, 'vault');
  expect(await sauvegarde(folder, ['rebuild', '--begin-again'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/vault is not empty: it has 6 backups/),
  });
  rmSync(vault, { recursive: true });
  expect(await sauvegarde(folder, ['rebuild', '--begin-again'])).toMatchObject({
    status: 0,
    stdout: 'a vault is begun; 6 backups of the lost one are missing\nthe catalogue is sound; 0 backups of the vault were added\n',
  });
  expect(filesIn(vault)).toEqual(['HOW-TO-RESTORE.md', 'vault-owners/000001.json']);
  expect((await sauvegarde(folder, ['list', 'app'])).stdout).toMatch(/^app-20261103_020000Z .* missing /m);
});

it.each([
  ['release', 'app-20261101_020000Z is not held'],
  ['unretire', 'app-20261101_020000Z is not retired'],
])('%s of a backup for which it makes no sense exits with 1 and says why', async (command, why) => {
  const { status, stdout, stderr } = await sauvegarde(folder, [command, 'app-20261101_020000Z']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(why);
});

it('a backup of another database under the name is told as such, and the name is no longer enough', async () => {
  using platform = await openLocalPlatform(await loadConfigFile(join(folder, 'sauvegarde.config.ts')), { clock: new TestClock(), log: new TestLog() });
  await putBackup(platform, backupOf('2026-11-04T02:00:00Z', { database: 'app', stranger: 'system identifier 2, database shop' }));
  expect((await sauvegarde(folder, ['list', 'app'])).stdout).toMatch(/^app-20261104_020000Z .* published, of another database /m);
  expect((await sauvegarde(folder, ['rotate', 'app', '--dry-run'])).stdout).toMatch(
    /^app-20261104_020000Z .* keep +number 1 of the newest 2, counted apart: of another database$/m,
  );
  expect(await sauvegarde(folder, ['hold', 'app'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/app-20261104_020000Z, is of another database \(system identifier 2, database shop\) than app-20261103_020000Z before it/),
  });
  expect(await sauvegarde(folder, ['accept', 'app-2'])).toMatchObject({ status: 1, stderr: expect.stringContaining('there is nothing to accept') });
});
