import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backupOf, putBackup } from '../support/backups.ts';
import { preparedProject, sauvegarde } from '../support/cli.ts';
import { filesIn } from '../support/folder.ts';

const left = 'app/2026/10/backup_20261001_020000Z.sqlite3.zst';
const prepared = preparedProject({}, async (platform) => {
  await putBackup(platform, backupOf('2026-11-22T02:00:00Z'));
});

/** A vault with a dump that no run owns, which is old enough to go, and a file of somebody else. */
function withLeftOver(): string {
  const folder = prepared();
  mkdirSync(join(folder, 'vault/app/2026/10'), { recursive: true });
  for (const name of [left, 'app/2026/10/holiday.jpg']) {
    writeFileSync(join(folder, 'vault', name), 'left over');
    utimesSync(join(folder, 'vault', name), new Date('2026-01-01'), new Date('2026-01-01'));
  }
  return folder;
}

it('--dry-run reports what would go, and changes nothing', async () => {
  const folder = withLeftOver();
  const before = filesIn(join(folder, 'vault'));
  const { status, stdout } = await sauvegarde(folder, ['sweep', '--dry-run']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^1 file without a backup would be retired\n {2}.*backup_20261001_020000Z\.sqlite3\.zst\n$/);
  expect(filesIn(join(folder, 'vault'))).toEqual(before);
  expect(JSON.parse((await sauvegarde(folder, ['sweep', '-n', '--json'])).stdout)).toEqual({
    dryRun: true,
    removed: 0,
    retired: [left],
    recorded: [],
    missing: [],
    corrected: [],
    forgotten: [],
  });
});

it('does what it reported, and leaves alone what it does not know', async () => {
  const folder = withLeftOver();
  const { status, stdout, stderr } = await sauvegarde(folder, ['sweep']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^1 file without a backup retired/);
  expect(stderr).toContain(`sweep retires 1 file that no backup and no run owns: ${left}`);
  const files = filesIn(join(folder, 'vault'));
  expect(files).not.toContain(left);
  expect(files).toContain(`.retired/${left}`);
  expect(files).toContain('app/2026/10/holiday.jpg');
  expect((await sauvegarde(folder, ['sweep'])).stdout).toBe('nothing to clean up\n');
});
