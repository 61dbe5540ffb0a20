import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noteHead } from '../../core/operations/keeping/audit-heads.ts';
import { preparedProject, sauvegarde } from '../support/cli.ts';

const prepared = preparedProject({}, async (platform) => {
  for (const [day, subject] of ['app-20261121_020000Z', 'app-20261122_020000Z', 'vault'].entries())
    await platform.catalogue.audit.append({
      at: `2026-11-2${day}T02:00:00.000Z`,
      by: 'cli:alice',
      claimed: true,
      action: 'verified',
      subject,
      detail: 'proven',
    });
  await noteHead(platform);
});

it('audit lists who did what, filtered, and as JSON', async () => {
  const folder = prepared();
  const { status, stdout } = await sauvegarde(folder, ['audit', 'app', '--since', '2026-11-21']);
  expect(status).toBe(0);
  expect(stdout.trimEnd().split('\n').slice(1)).toEqual(['Sat 21 Nov 2026 02:00:00  cli:alice (claimed)  verified  app-20261122_020000Z  proven']);
  expect(JSON.parse((await sauvegarde(folder, ['audit', '--limit', '2', '--json'])).stdout)).toMatchObject([
    { subject: 'vault' },
    { subject: 'app-20261122_020000Z' },
  ]);
  expect(await sauvegarde(folder, ['audit', '--since', 'yesterday'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('"yesterday" is no instant'),
  });
  expect(await sauvegarde(folder, ['audit', '--limit', '0'])).toMatchObject({ status: 2 });
});

it('audit --verify agrees with the vault, and exits with 4 when the whole log is gone', async () => {
  const folder = prepared();
  expect(await sauvegarde(folder, ['audit', '--verify'])).toMatchObject({
    status: 0,
    stdout: '3 entries, none altered or removed; 1 head in the vault agrees\n',
  });
  rmSync(join(folder, 'state/catalogue.sqlite3'), { force: true });
  for (const suffix of ['-wal', '-shm']) rmSync(join(folder, `state/catalogue.sqlite3${suffix}`), { force: true });
  const { status, stdout } = await sauvegarde(folder, ['audit', '--verify']);
  expect(status).toBe(4);
  expect(stdout).toContain('the log ends with entry 0');
});
